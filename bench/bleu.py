"""BLEU of the demo model over the 2016 Flickr test set, through the server.

Printed beside the reference's: transformers with the same model, beam 4.
"""

import argparse
import json
import pathlib
import subprocess

import sacrebleu

ROOT = pathlib.Path(__file__).resolve().parent.parent
DATA = ROOT / "bench" / "data"
PAIRS = ("en-de", "de-en", "en-fr", "fr-en")


def start_server(build):
    """The server's process, and the address it listens on."""
    process = subprocess.Popen(
        [build / "bin" / "parley-server", f"--model_repository={ROOT}/models",
         "--grpc_port=0"], stdout=subprocess.PIPE, text=True)
    ready = process.stdout.readline()
    if "parley-server ready" not in ready:
        process.kill()
        raise SystemExit(f"the server did not start: {ready}")
    return process, ready.split("grpc ")[1].split(",")[0]


def translate(build, address, pair):
    source, target = pair.split("-")
    output = subprocess.run(
        [build / "bin" / "parley", "translate", f"--server={address}",
         f"--source={source}", f"--target={target}", "--split=none",
         f"--input={DATA / ('test_2016_flickr.' + source)}"],
        check=True, capture_output=True, text=True).stdout
    return output.splitlines()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path,
                        default=ROOT / "build" / "release")
    build = parser.parse_args().build
    reference_scores = json.loads((DATA / "reference_bleu.json").read_text())
    process, address = start_server(build)
    try:
        for pair in PAIRS:
            target = pair.split("-")[1]
            references = (DATA / f"test_2016_flickr.{target}").read_text()
            hypotheses = translate(build, address, pair)
            score = sacrebleu.corpus_bleu(hypotheses,
                                          [references.splitlines()]).score
            expected = reference_scores[f"test_2016_flickr {pair}"]
            print(f"BLEU {pair}: {score:.2f}, reference {expected:.2f}")
    finally:
        process.terminate()
        process.wait(timeout=60)


if __name__ == "__main__":
    main()
