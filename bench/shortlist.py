"""Translation with and without a vocabulary shortlist.

The table is random, as the model is: for each source token a hundred target
tokens, as many as a real table keeps for a word.
"""

import functools

import numpy as np
import programs
import random_marian
import translation
from figures import OURS, PEER, Cell, ratio_to_best_peer
from rounds import Contender, measure, progress

CANDIDATES = 100


def make_table(path, sources, seed=3):
    """Marian's lex.s2t, `target source probability` a line, for the tokens
    that occur in `sources`, which are named by their ids."""
    rng = np.random.default_rng(seed)
    tokens = sorted({word for file in sources
                     for word in file.read_text().split()}, key=int)
    with open(path, "w") as file:
        for token in tokens:
            chosen = rng.integers(1, random_marian.CONFIG["vocab_size"] - 1,
                                  CANDIDATES)
            for target in chosen:
                file.write(f"{target} {token} {1 / CANDIDATES}\n")
    return path


def run(session):
    program = session.program("translation_benchmark")
    if not programs.has_flag(program, "shortlist"):
        session.results.notes.append(
            "shortlist: translation_benchmark has no --shortlist")
        return
    work = translation.Work(session)
    table = make_table(session.work / "lex.s2t", work.sources.values())
    for precision in session.precisions:
        part = session.part("shortlist", precision)
        progress(part)
        cells = {name: [
            Contender("with a shortlist", OURS, functools.partial(
                work.ours, name, precision, f"--shortlist={table}")),
            Contender("without", PEER, functools.partial(
                work.ours, name, precision)),
        ] for name in translation.CELLS}
        for name, series in measure(cells, min(session.rounds, 3)).items():
            cell = Cell(part, name, translation.shape(name), series)
            session.results.cells.append(cell)
            session.results.checks.append(ratio_to_best_peer(cell))
