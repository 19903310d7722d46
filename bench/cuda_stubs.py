"""Lets torch start where CUDA is not installed.

The only torch wheel of the package index for Linux is linked with a dozen
libraries of CUDA, three gigabytes in packages of their own, of which nothing
runs on a machine without a GPU. This makes a stub for each of those that are
missing: a shared library whose functions end the process. None of them is ever
called: torch asks the CUDA runtime (a small package that is installed) for
GPUs, and finds none. Run with the Python that torch is installed for.
"""

import importlib.util
import pathlib
import re
import subprocess
import sys
import tempfile

# What the names of functions in those libraries begin with.
FUNCTIONS = re.compile(r"(cu|cublas|nccl|nvrtc|nvshmem)[A-Z_a-z0-9]+")


def output(*command):
    return subprocess.run(command, check=True, capture_output=True,
                          text=True).stdout


def symbols(library, kind):
    """Names of a library's defined or undefined dynamic symbols."""
    for line in output("nm", "-D", f"--{kind}-only", library).splitlines():
        yield line.split()[-1].split("@")[0]


def needed(library):
    """Names of the libraries that one is linked with."""
    return set(re.findall(r"\(NEEDED\).*\[(.+)\]",
                          output("readelf", "-d", library)))


def main():
    torch = pathlib.Path(importlib.util.find_spec("torch").origin).parent
    cuda = torch.parent / "nvidia" / "cu13" / "lib"
    own = list((torch / "lib").glob("*.so*"))
    present = own + list(cuda.glob("*.so*"))
    names = {library.name for library in present}
    missing = {name for library in own for name in needed(library)
               if name.startswith(("libcu", "libnccl", "libnvrtc",
                                   "libnvshmem")) and name not in names}
    if not missing:
        return
    defined = {name for library in present
               for name in symbols(library, "defined")}
    wanted = {name for library in own for name in symbols(library, "undefined")
              if FUNCTIONS.fullmatch(name)} - defined
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / "stub.c"
        source.write_text("void abort(void);\n" + "".join(
            f"void {name}(void) {{ abort(); }}\n" for name in sorted(wanted)))
        for name in sorted(missing):
            output("gcc", "-shared", "-fPIC", "-w", str(source), "-o",
                   str(cuda / name), f"-Wl,-soname,{name}")
    print(f"stubs for {len(missing)} libraries of CUDA", file=sys.stderr)


if __name__ == "__main__":
    main()
