"""The stubs of proto/parley/v1 for Python, made anew by each process."""

import importlib
import pathlib
import sys
import tempfile

PROTO = pathlib.Path(__file__).resolve().parent.parent / "proto"


class Stubs:
    """Modules by name: `stubs.translation`, `stubs.translation_grpc`."""

    def __init__(self):
        from grpc_tools import protoc

        names = [path.stem for path in sorted(
            (PROTO / "parley" / "v1").glob("*.proto"))]
        with tempfile.TemporaryDirectory() as folder:
            failed = protoc.main(
                ["protoc", f"-I{PROTO}", f"--python_out={folder}",
                 f"--grpc_python_out={folder}"]
                + [f"parley/v1/{name}.proto" for name in names])
            if failed:
                raise RuntimeError(f"protoc could not read {PROTO}")
            sys.path.insert(0, folder)
            try:
                for name in names:
                    module = f"parley.v1.{name}_pb2"
                    setattr(self, name, importlib.import_module(module))
                    setattr(self, name + "_grpc",
                            importlib.import_module(module + "_grpc"))
            finally:
                sys.path.remove(folder)
