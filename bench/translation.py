"""Translation against CTranslate2: same weights, same work, one run.

A random model of OPUS-MT's base size translates 64 sentences of 1,027 source
tokens in all to 20 forced target tokens each.
"""

import functools

import matmul_work
import peers
import programs
import random_marian
import targets
from figures import (LIMIT, OURS, PEER, Cell, Check, ratio_to_best_peer,
                     share_of_limit)
from rounds import Contender, measure, progress

NEW_TOKENS = 20
# 1,027 tokens in 64 sentences, as captions and news lines are mixed.
LENGTHS = [9 + (7 * i) % 15 for i in range(64)]
LENGTHS[-1] += 1027 - sum(LENGTHS)

# name: (batch_size, num_beams, number of sources)
CELLS = {
    "greedy, batch 64": (64, 1, 64),
    "beam 4, batch 32": (32, 4, 64),
    "beam 4, one sentence": (1, 4, 8),
}


def shape(cell):
    batch_size, num_beams, count = CELLS[cell]
    return (f"OPUS-MT base size, random weights; {count} sentences of "
            f"{sum(LENGTHS[:count])} tokens, {batch_size} together, "
            f"beams: {num_beams}, {NEW_TOKENS} target tokens forced")


class Work:
    """Model and sources, made once; and how each engine translates them."""

    def __init__(self, session):
        self.session = session
        self.model = random_marian.make_model(
            session.work / "opus-mt-base-random")
        self.sources = {
            count: random_marian.make_sources(
                session.work / f"sources_{count}.txt", LENGTHS[:count])
            for _, _, count in CELLS.values()}

    def ours(self, cell, precision, *more):
        batch_size, num_beams, count = CELLS[cell]
        program = self.session.program("translation_benchmark")
        return programs.tokens_per_second([
            program, f"--model={self.model}",
            f"--sources={self.sources[count]}", f"--batch_size={batch_size}",
            f"--num_beams={num_beams}", f"--new_tokens={NEW_TOKENS}",
            f"--num_threads={self.session.threads}", "--repetitions=1",
            *self.session.precision_flag(program, precision), *more],
            self.session.environment)

    def peers(self):
        return peers.Pool(self.session, "ctranslate2_peer.py", [
            f"--model={self.model}",
            f"--converted={self.session.work / 'ctranslate2'}"])

    def peer(self, pool, cell, name, setting, **more):
        batch_size, num_beams, count = CELLS[cell]
        workers = 1 if "--workers=1" in setting[0] else self.session.threads
        if batch_size >= count:
            # Several workers share the batch, or one of them would idle.
            batch_size = -(-batch_size // workers)
        answer = pool.ask(
            name, setting, sources=str(self.sources[count]),
            batch_size=batch_size, num_beams=num_beams, new_tokens=NEW_TOKENS,
            **more)
        return answer["tokens"] / answer["seconds"]

    def limit(self, cell, precision):
        batch_size, num_beams, count = CELLS[cell]
        batch_size = min(batch_size, count)
        source_rows = round(sum(LENGTHS[:count]) * batch_size / count)
        work = matmul_work.translation(source_rows, batch_size * num_beams,
                                       NEW_TOKENS, random_marian.CONFIG)
        return batch_size * NEW_TOKENS / matmul_work.seconds(
            self.session, precision, work)

    def contenders(self, cell, precision, pool):
        found = [Contender(f"Parley {precision}", OURS,
                           functools.partial(self.ours, cell, precision))]
        for name, setting in peers.ctranslate2_settings(
                self.session, precision).items():
            found.append(Contender(name, PEER, functools.partial(
                self.peer, pool, cell, name, setting)))
        found.append(Contender(
            f"matmul limit {precision}", LIMIT,
            functools.partial(self.limit, cell, precision)))
        return found

    def share_of_equal_targets(self, pool):
        """Whether it is the same work: greedy targets, token for token.

        The last token is left out: CTranslate2 forces the length without the
        end token, Parley with it.
        """
        cell = "greedy, batch 64"
        ours = self.session.work / "targets_parley.txt"
        theirs = self.session.work / "targets_peer.txt"
        name, setting = next(iter(peers.ctranslate2_settings(
            self.session, "f32").items()))
        self.ours(cell, "f32", f"--output={ours}")
        self.peer(pool, cell, name, setting, output=str(theirs))
        targets_of = [
            [line.split()[:NEW_TOKENS - 1]
             for line in path.read_text().splitlines()]
            for path in (ours, theirs)]
        equal = sum(a == b for a, b in zip(*targets_of))
        return equal / len(targets_of[0])


def check(cell, precision, is_native):
    """The cell's checks. With fewer instructions, other targets hold."""
    key = (precision, cell.name)
    if not is_native:
        return [ratio_to_best_peer(cell, targets.AVX2_RATIO)]
    checks = [share_of_limit(cell, targets.TRANSLATION_SHARE.get(key))]
    if precision != "bf16" or cell.best_peer:
        checks.insert(0, ratio_to_best_peer(
            cell, targets.TRANSLATION_RATIO.get(key)))
    return checks


def run(session):
    work = Work(session)
    for precision in session.precisions:
        part = session.part("translation", precision)
        progress(part)
        with work.peers() as pool:
            if precision == "f32" and not session.isa.name:
                session.results.checks.append(Check(
                    part, "greedy, batch 64", "targets equal to CTranslate2's",
                    work.share_of_equal_targets(pool), "share"))
            figures = measure(
                {cell: work.contenders(cell, precision, pool)
                 for cell in CELLS}, session.rounds)
        for name, series in figures.items():
            cell = Cell(part, name, shape(name), series)
            session.results.cells.append(cell)
            session.results.checks += check(cell, precision,
                                            not session.isa.name)
