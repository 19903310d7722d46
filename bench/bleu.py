"""BLEU of the demo model over the 2016 Flickr test set, through the server.

Beside the reference's: transformers with the same model, beam 4, f32.
"""

import json

import programs
import sacrebleu

DATA = programs.ROOT / "bench" / "data"
PAIRS = ("en-de", "de-en", "en-fr", "fr-en")


def lines_of(language, count):
    path = DATA / f"test_2016_flickr.{language}"
    return path.read_text().splitlines()[:count]


def reference(pair):
    scores = json.loads((DATA / "reference_bleu.json").read_text())
    return scores[f"test_2016_flickr {pair}"]


def score(session, server, pair, count=None):
    """BLEU of a running server over the first `count` lines, or all."""
    source, target = pair.split("-")
    texts = session.work / f"bleu.{source}"
    texts.write_text("".join(line + "\n" for line in lines_of(source, count)))
    hypotheses = programs.run([
        session.program("parley"), "translate", f"--server={server.address}",
        "--model=demo", f"--source={source}", f"--target={target}",
        "--split=none", f"--input={texts}"]).splitlines()
    return sacrebleu.corpus_bleu(
        hypotheses, [lines_of(target, count)]).score
