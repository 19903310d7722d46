"""The stubs of proto/parley/v1 for Python, made anew by each process."""

import importlib
import pathlib
import subprocess
import sys
import tempfile

PROTO = pathlib.Path(__file__).resolve().parent.parent / "proto"


def _compile(files, folder):
    # In a process of its own: the protobuf libraries within grpc_tools and
    # sentencepiece have a unique symbol in common (ShutdownData::get()::data)
    # with different contents, and one that meets the other's corrupts memory.
    result = subprocess.run(
        [sys.executable, "-m", "grpc_tools.protoc", f"-I{PROTO}",
         f"--python_out={folder}", f"--grpc_python_out={folder}", *files],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if result.returncode:
        raise RuntimeError(f"protoc could not read {PROTO}: {result.stdout}")


class Stubs:
    """Modules by name: `stubs.translation`, `stubs.translation_grpc`."""

    def __init__(self):
        names = [path.stem for path in sorted(
            (PROTO / "parley" / "v1").glob("*.proto"))]
        with tempfile.TemporaryDirectory() as folder:
            _compile([f"parley/v1/{name}.proto" for name in names], folder)
            sys.path.insert(0, folder)
            try:
                for name in names:
                    module = f"parley.v1.{name}_pb2"
                    setattr(self, name, importlib.import_module(module))
                    setattr(self, name + "_grpc",
                            importlib.import_module(module + "_grpc"))
            finally:
                sys.path.remove(folder)
