"""Runs the README's client examples against the real server.

Usage: readme_clients_test.py --example=python|grpcurl --server_program=PATH

Starts the server with the demo model on a port of the system's choice, waits
for its ready line, runs the very file that the README shows, and looks for the
translations in what it prints. Runs from the top of the source tree.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading

SKIPPED = 77  # What ctest takes for "skipped".
READY_SECONDS = 120
EXAMPLE_SECONDS = 120
STOP_SECONDS = 30

READY = re.compile(r"parley-server ready: grpc (127\.0\.0\.1:\d+), models: (.*)")
EXAMPLES = pathlib.Path("docs/examples")
# Words of any reasonable translation of the examples' two captions.
BIKE = re.compile(r"\bMann\b.*\b(Fahrrad|Rad|fährt)\b")
DOGS = re.compile(r"\bHunde\b.*\bSchnee\b")


def fail(message):
    print(f"FAILED: {message}", file=sys.stderr)
    sys.exit(1)


def check(condition, message):
    if not condition:
        fail(message)


class Server:
    """The server's process; `address` is known when it is ready."""

    def __init__(self, program):
        self.process = subprocess.Popen(
            [program, "--models=demo=models/demo", "--grpc_port=0"],
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        # Ends the wait below where the server neither comes up nor dies.
        limit = threading.Timer(READY_SECONDS, self.process.kill)
        limit.start()
        self.address = None
        for line in self.process.stdout:
            print(f"server: {line}", end="")
            ready = READY.match(line)
            if ready:
                self.address = ready.group(1)
                check("demo" in ready.group(2), f"no demo model: {line}")
                break
        limit.cancel()
        check(self.address, "the server ended before it was ready")
        # Its further lines must not fill the pipe.
        threading.Thread(target=self.process.stdout.read, daemon=True).start()

    def stop(self):
        self.process.terminate()
        try:
            code = self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            fail(f"the server did not stop within {STOP_SECONDS} s")
        check(code == 0, f"the server ended with {code}")


def run(command, **environment):
    """Runs one command of the README, and returns what it printed."""
    outcome = subprocess.run(
        command,
        env={**os.environ, "NO_PROXY": "*", "no_proxy": "*", **environment},
        capture_output=True,
        encoding="utf-8",
        timeout=EXAMPLE_SECONDS,
        check=False,
    )
    print(outcome.stdout, end="")
    print(outcome.stderr, end="", file=sys.stderr)
    check(outcome.returncode == 0, f"{command} ended with {outcome.returncode}")
    return outcome.stdout


def run_python_example(address):
    with tempfile.TemporaryDirectory() as stubs:
        run(
            [
                sys.executable,
                "-m",
                "grpc_tools.protoc",
                "-Iproto",
                f"--python_out={stubs}",
                f"--grpc_python_out={stubs}",
                "proto/parley/v1/translation.proto",
            ]
        )
        printed = run(
            [sys.executable, str(EXAMPLES / "translate.py")],
            PARLEY_SERVER=address,
            PYTHONPATH=stubs,
            PYTHONIOENCODING="utf-8",
        )
    lines = printed.splitlines()
    check(len(lines) == 2, f"two translations wanted, not {lines}")
    check(BIKE.search(lines[0]), f"not a translation: {lines[0]}")
    check(DOGS.search(lines[1]), f"not a translation: {lines[1]}")


def find_grpcurl():
    # .deps/bin is where tools/setup.sh puts it.
    path = os.pathsep.join([os.path.abspath(".deps/bin"), os.environ["PATH"]])
    return path if shutil.which("grpcurl", path=path) else None


def run_grpcurl_example(address):
    printed = run(
        ["sh", str(EXAMPLES / "grpcurl.sh")],
        PARLEY_SERVER=address,
        PATH=find_grpcurl(),
    )
    response = json.loads(printed)
    check(response["model"] == "demo", f"not by the demo model: {response}")
    (result,) = response["results"]
    text = result["hypotheses"][0]["text"]
    check(BIKE.search(text), f"not a translation: {text}")
    check(result["hypotheses"][0]["score"] < 0, f"no score: {response}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--example", choices=["python", "grpcurl"], required=True)
    parser.add_argument("--server_program", required=True)
    arguments = parser.parse_args()
    if arguments.example == "grpcurl" and not find_grpcurl():
        print("grpcurl is not there (tools/setup.sh builds it where Go is)")
        sys.exit(SKIPPED)
    server = Server(arguments.server_program)
    try:
        if arguments.example == "python":
            run_python_example(server.address)
        else:
            run_grpcurl_example(server.address)
    finally:
        server.stop()
    print("PASSED")


if __name__ == "__main__":
    main()
