"""Runs the README's client examples against the real server.

Usage: readme_clients_test.py --example=NAME --bin_dir=DIR

NAME is one of translate_python, translate_grpcurl, embed_python, embed_grpcurl
and embed_client. Starts the server with the demo model and all-MiniLM-L6-v2 on
a port of the system's choice, waits for its ready line, runs the very file that
the README shows, and checks what it prints. Runs from the top of the source
tree.
"""

import argparse
import glob
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
STOP_SECONDS = 120

READY = re.compile(r"parley-server ready: grpc (127\.0\.0\.1:\d+), models: (.*)")
EXAMPLES = pathlib.Path("docs/examples")
EMBEDDER = pathlib.Path(".deps/models/all-MiniLM-L6-v2")
# Words of any reasonable translation of the examples' two captions.
BIKE = re.compile(r"\bMann\b.*\b(Fahrrad|Rad|fährt)\b")
DOGS = re.compile(r"\bHunde\b.*\bSchnee\b")
# What the examples that embed compare, and what sentence-transformers makes of
# the first beside each of the others.
DOG_TEXT = "A dog runs on the beach."
PUPPY_TEXT = "A puppy is playing by the sea."
RATES_TEXT = "Interest rates rose again."
PUPPY_COSINE = 0.5269
RATES_COSINE = -0.0092


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
            [
                program,
                f"--models=demo=models/demo,all-MiniLM-L6-v2={EMBEDDER}",
                "--grpc_port=0",
                "--admin_port=off",
                "--metrics_port=off",
                "--drain_delay=0",
            ],
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
                for model in ("demo", "all-MiniLM-L6-v2"):
                    check(model in ready.group(2), f"no {model}: {line}")
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


def run_python(example, address):
    """Runs a Python example with stubs made as the README says."""
    with tempfile.TemporaryDirectory() as stubs:
        run(
            [
                sys.executable,
                "-m",
                "grpc_tools.protoc",
                "-Iproto",
                f"--python_out={stubs}",
                f"--grpc_python_out={stubs}",
                *sorted(glob.glob("proto/parley/v1/*.proto")),
            ]
        )
        return run(
            [sys.executable, str(EXAMPLES / example)],
            PARLEY_SERVER=address,
            PYTHONPATH=stubs,
            PYTHONIOENCODING="utf-8",
        )


def run_translate_python(address):
    lines = run_python("translate.py", address).splitlines()
    check(len(lines) == 2, f"two translations wanted, not {lines}")
    check(BIKE.search(lines[0]), f"not a translation: {lines[0]}")
    check(DOGS.search(lines[1]), f"not a translation: {lines[1]}")


def check_cosine(found, wanted):
    # The examples print two digits.
    check(
        found is not None and abs(found - wanted) < 0.01,
        f"cosine {wanted} wanted, not {found}",
    )


def run_embed_python(address):
    cosines = {}
    for line in run_python("embed.py", address).splitlines():
        cosine, texts = line.split("  ", 1)
        cosines[tuple(texts.split(" | "))] = float(cosine)
    check(len(cosines) == 3, f"three pairs wanted, not {cosines}")
    check_cosine(cosines.get((DOG_TEXT, PUPPY_TEXT)), PUPPY_COSINE)
    check_cosine(cosines.get((DOG_TEXT, RATES_TEXT)), RATES_COSINE)


def find_grpcurl():
    # .deps/bin is where tools/setup.sh puts it.
    path = os.pathsep.join([os.path.abspath(".deps/bin"), os.environ["PATH"]])
    return path if shutil.which("grpcurl", path=path) else None


def run_grpcurl(example, address):
    printed = run(
        ["sh", str(EXAMPLES / example)],
        PARLEY_SERVER=address,
        PATH=find_grpcurl(),
    )
    return json.loads(printed)


def run_translate_grpcurl(address):
    response = run_grpcurl("grpcurl.sh", address)
    check(response["model"] == "demo", f"not by the demo model: {response}")
    (result,) = response["results"]
    text = result["hypotheses"][0]["text"]
    check(BIKE.search(text), f"not a translation: {text}")
    check(result["hypotheses"][0]["score"] < 0, f"no score: {response}")


def run_embed_grpcurl(address):
    response = run_grpcurl("similarity_grpcurl.sh", address)
    puppy, rates = (result["score"] for result in response["results"])
    check_cosine(puppy, PUPPY_COSINE)
    check_cosine(rates, RATES_COSINE)


def run_embed_client(address, bin_dir):
    path = os.pathsep.join([os.path.abspath(bin_dir), os.environ["PATH"]])
    printed = run(
        ["sh", str(EXAMPLES / "embed_client.sh")],
        PARLEY_SERVER=address,
        PATH=path,
    )
    vector, *ranked = printed.splitlines()
    check(vector.startswith("384 dimensions: "), f"no vector: {vector}")
    scores = [line.split("\t") for line in ranked]
    texts = [text for _, text in scores]
    check(texts == [PUPPY_TEXT, RATES_TEXT], f"not ordered: {ranked}")
    check_cosine(float(scores[0][0]), PUPPY_COSINE)
    check_cosine(float(scores[1][0]), RATES_COSINE)


RUN_EXAMPLE = {
    "translate_python": run_translate_python,
    "translate_grpcurl": run_translate_grpcurl,
    "embed_python": run_embed_python,
    "embed_grpcurl": run_embed_grpcurl,
}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "--example", choices=[*RUN_EXAMPLE, "embed_client"], required=True
    )
    parser.add_argument("--bin_dir", required=True)
    arguments = parser.parse_args()
    if arguments.example.endswith("grpcurl") and not find_grpcurl():
        print("grpcurl is not there (tools/setup.sh builds it where Go is)")
        sys.exit(SKIPPED)
    check(EMBEDDER.is_dir(), f"{EMBEDDER} is not there: run tools/setup.sh")
    server = Server(os.path.join(arguments.bin_dir, "parley-server"))
    try:
        if arguments.example == "embed_client":
            run_embed_client(server.address, arguments.bin_dir)
        else:
            RUN_EXAMPLE[arguments.example](server.address)
    finally:
        server.stop()
    print("PASSED")


if __name__ == "__main__":
    main()
