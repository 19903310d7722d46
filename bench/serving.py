"""Embeddings over the wire against the same texts in one process.

The real server on loopback, clients on the same processors: what they take
away is part of what serving costs.
"""

import functools

import load_program
import programs
import targets
from figures import LIMIT, OURS, Cell, Check, share_of_limit
from rounds import Contender, measure, progress

NUM_TEXTS = 1000  # Of about 15 tokens.
TEXTS_PER_CALL = 32


def write_token_ids(model, texts, path):
    """The texts as ids, for the engine without a server."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
    tokenizer.no_padding()
    with open(path, "w") as file:
        for encoding in tokenizer.encode_batch(texts):
            file.write(" ".join(map(str, encoding.ids)) + "\n")


class Work:
    def __init__(self, session):
        self.session = session
        texts = programs.CAPTIONS.read_text().splitlines()[:NUM_TEXTS]
        self.texts = session.work / "serving_texts.txt"
        self.texts.write_text("".join(text + "\n" for text in texts))
        self.ids = session.work / "serving_ids.txt"
        write_token_ids(session.minilm, texts, self.ids)

    def in_process(self, precision):
        program = self.session.program("embedding_benchmark")
        return programs.tokens_per_second([
            program, f"--model={self.session.minilm}", f"--inputs={self.ids}",
            f"--num_threads={self.session.threads}", "--repetitions=3",
            *self.session.precision_flag(program, precision)],
            self.session.environment)

    def over_the_wire(self, server, seconds):
        load = load_program.Load(self.session, {
            "embedding_share": 1, "texts": self.texts,
            "texts_per_call": TEXTS_PER_CALL, "connections": 4,
            "in_flight": 32})
        return load.run(server, seconds)["good_tokens_per_second"]


def run_precision(session, work, precision):
    program = session.program("parley-server")
    with programs.Server(
            session.build, f"--models=minilm={session.minilm}",
            f"--threads={session.threads}",
            *session.precision_flag(program, precision),
            environment=session.isa.ours) as server:
        seconds = session.by_scale(2, 5, 10)
        return measure({"short texts": [
            Contender(f"Parley {precision}, gRPC", OURS, functools.partial(
                work.over_the_wire, server, seconds)),
            Contender(f"in-process figure {precision}", LIMIT,
                      functools.partial(work.in_process, precision))]},
            session.rounds)


def run(session):
    work = Work(session)
    for precision in session.precisions:
        part = session.part("embedding over gRPC", precision)
        progress(part)
        try:
            figures = run_precision(session, work, precision)
        except programs.ProgramError as error:
            session.results.checks.append(Check(
                part, "short texts", "of the in-process figure", unit="share",
                target=targets.WIRE_SHARE, missing=str(error)))
            continue
        cell = Cell(part, "short texts",
                    f"{NUM_TEXTS} captions, {TEXTS_PER_CALL} texts a call, "
                    "32 calls under way on 4 connections",
                    figures["short texts"])
        session.results.cells.append(cell)
        check = share_of_limit(cell, targets.WIRE_SHARE)
        check.what = f"of the in-process figure {precision}"
        session.results.checks.append(check)
