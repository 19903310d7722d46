"""Cost as work grows: with the batch, and with the length of source, target
and text. The same model as the translation cells, and all-MiniLM-L6-v2."""

import functools
import itertools

import bert_models
import programs
import random_marian
import targets
from figures import OURS, Cell, Check, Curve
from rounds import Contender, measure, progress

BATCHES = (16, 32, 64, 128, 256)
SOURCE_LENGTHS = (16, 32, 64, 128, 256, 512)
TARGET_LENGTHS = (16, 32, 64, 128, 256)
TEXT_LENGTHS = (16, 32, 64, 128, 256, 512)
# Texts of a cell of embeddings hold so many tokens in all.
TEXT_TOKENS = 8192
_BATCH = 8  # Of the cells that vary a length.


def quadratic_share(lengths, seconds):
    """Fits seconds = a + b n + c n^2; returns c's share at the longest.

    None of a, b, c is negative: of the fits with some of them alone, the best
    counts. Relative errors do, so that short lengths weigh as much as long.
    """
    import numpy as np
    weights = 1 / np.array(seconds)
    best_error, best_share = float("inf"), 0.0
    for used in itertools.product((False, True), repeat=3):
        powers = [power for power in range(3) if used[power]]
        if not powers:
            continue
        columns = np.array([[float(n) ** p for p in powers] for n in lengths])
        factors, *_ = np.linalg.lstsq(columns * weights[:, None],
                                      np.ones(len(lengths)), rcond=None)
        error = np.sum((columns @ factors * weights - 1) ** 2)
        if factors.min() >= 0 and error < best_error:
            at_longest = columns[-1] * factors
            best_error = error
            best_share = at_longest[-1] / at_longest.sum() if used[2] else 0.0
    return float(best_share)


class Work:
    def __init__(self, session):
        self.session = session
        self.model = random_marian.make_model(
            session.work / "opus-mt-base-random")

    def _sources(self, lengths, name):
        return random_marian.make_sources(
            self.session.work / f"growth_{name}.txt", lengths)

    def _translate(self, precision, sources, batch_size, new_tokens):
        program = self.session.program("translation_benchmark")
        return programs.tokens_per_second([
            program, f"--model={self.model}", f"--sources={sources}",
            f"--batch_size={batch_size}", "--num_beams=1",
            f"--new_tokens={new_tokens}",
            f"--num_threads={self.session.threads}", "--repetitions=1",
            *self.session.precision_flag(program, precision)],
            self.session.environment)

    def _embed(self, precision, inputs):
        program = self.session.program("embedding_benchmark")
        return programs.tokens_per_second([
            program, f"--model={self.session.minilm}", f"--inputs={inputs}",
            f"--num_threads={self.session.threads}", "--repetitions=3",
            *self.session.precision_flag(program, precision)],
            self.session.environment)

    def by_batch(self, precision):
        sources = self._sources(
            [9 + (7 * i) % 15 for i in range(max(BATCHES))], "batch")
        return {size: functools.partial(
            self._translate, precision, sources, size, 20)
            for size in BATCHES}

    def by_source(self, precision):
        return {length: functools.partial(
            self._translate, precision,
            self._sources([length] * _BATCH, f"source_{length}"), _BATCH, 20)
            for length in SOURCE_LENGTHS}

    def by_target(self, precision):
        sources = self._sources([16] * _BATCH, "target")
        return {length: functools.partial(
            self._translate, precision, sources, _BATCH, length)
            for length in TARGET_LENGTHS}

    def by_text(self, precision):
        runs = {}
        for length in TEXT_LENGTHS:
            path = self.session.work / f"growth_text_{length}.txt"
            bert_models.make_inputs(path, [length] * (TEXT_TOKENS // length))
            runs[length] = functools.partial(self._embed, precision, path)
        return runs


# What of the work stays as it is.
SHAPES = {
    "batch": "sentences of 9 to 23 tokens, greedy, 20 target tokens",
    "source length": f"{_BATCH} sentences, greedy, 20 target tokens",
    "target length": f"{_BATCH} sentences of 16 tokens, greedy",
    "text length": f"all-MiniLM-L6-v2, {TEXT_TOKENS} tokens in all",
}


def run_curve(session, part, what, runs, rounds):
    """Measures all points in turn; returns x to tokens per second."""
    cells = {f"{what} {x}": [Contender("Parley", OURS, run)]
             for x, run in runs.items()}
    medians = {}
    for x, (name, series) in zip(runs, measure(cells, rounds).items()):
        session.results.cells.append(
            Cell(part, name, SHAPES[what], series))
        if not series[0].values:
            raise programs.ProgramError(series[0].missing)
        medians[x] = series[0].median
    return medians


def add_batches(session, part, speeds):
    """No batch takes more time for a token than the smallest does, but for a
    tenth; that large ones take less is no fault, and shown."""
    smallest = min(speeds)
    cell = f"batch {smallest} to {max(speeds)}"
    most = max(speeds[smallest] / speed for speed in speeds.values())
    least = min(speeds[smallest] / speed for speed in speeds.values())
    session.results.checks += [
        Check(part, cell, f"most time per token over batch {smallest}'s",
              most, "x", targets.BATCH_FLATNESS, at_most=True),
        Check(part, cell, f"least time per token over batch {smallest}'s",
              least, "x")]
    session.results.curves.append(Curve(
        part, "time per token by batch", "sentences together",
        "microseconds a target token", list(speeds),
        {"Parley": [1e6 / speed for speed in speeds.values()]}))


def add_lengths(session, part, title, labels, speeds, tokens):
    """tokens: how many a speed's token count stands for at each length."""
    lengths = list(speeds)
    seconds = [tokens(length) / speeds[length] for length in lengths]
    share = quadratic_share(lengths, seconds)
    session.results.checks.append(Check(
        part, title, f"quadratic part at {lengths[-1]} tokens", share,
        "share"))
    session.results.curves.append(Curve(
        part, title, *labels, lengths,
        {"Parley": [1e3 * s for s in seconds]},
        f"quadratic part at {lengths[-1]}: {share:.0%}"))


def run_precision(session, work, precision, rounds):
    part = session.part("growth of translation", precision)
    progress(part)
    add_batches(session, part, run_curve(
        session, part, "batch", work.by_batch(precision), rounds))
    labels = ("tokens of the source", "milliseconds a sentence")
    add_lengths(session, part, "source length", labels, run_curve(
        session, part, "source length", work.by_source(precision), rounds),
        lambda length: 20)
    labels = ("tokens of the target", "milliseconds a sentence")
    add_lengths(session, part, "target length", labels, run_curve(
        session, part, "target length", work.by_target(precision), rounds),
        lambda length: length)
    part = session.part("growth of embedding", precision)
    progress(part)
    labels = ("tokens of the text", "milliseconds a text")
    add_lengths(session, part, "text length", labels, run_curve(
        session, part, "text length", work.by_text(precision), rounds),
        lambda length: length)


def run(session):
    work = Work(session)
    precisions = session.by_scale(("f32",), ("f32",), session.precisions)
    rounds = session.by_scale(1, min(session.rounds, 3), session.rounds)
    for precision in precisions:
        try:
            run_precision(session, work, precision, rounds)
        except programs.ProgramError as error:
            session.results.checks.append(Check(
                session.part("growth of translation", precision),
                f"batch {BATCHES[0]} to {BATCHES[-1]}", "time per token",
                target=targets.BATCH_FLATNESS, at_most=True,
                missing=str(error)))
