"""Embedding throughput against torch, ONNX Runtime and CTranslate2.

The same weights and the same token ids for all. The peers stop at the last
layer's output; Parley also pools.
"""

import functools
import json
import statistics

import bert_models
import matmul_work
import peers
import programs
import targets
from figures import (LIMIT, OURS, PEER, Cell, Check, ratio_to_best_peer,
                     share_of_limit)
from rounds import Contender, measure, progress

# name: (lengths of the texts, batch size of the peers)
CELLS = {
    "short": ([9 + (7 * i) % 13 for i in range(256)], 32),
    "long": ([100 + (5 * i) % 15 for i in range(32)], 32),
    "mixed": ([12 + (163 * i) // 95 for i in range(96)], 32),
    "one short text": ([15] * 32, 1),
}
# How often a cell of one text at a time is gone through: once takes 50 ms, which
# on a machine with other work is chance.
PASSES_OF_ONE = 15
# Of BERT-base, whose texts take eight times as long: every eighth.
BERT_BASE_STEP = 8
# As embedding_benchmark has it, for texts that are all there at once.
STEP_TOKENS = 4096

_TYPES = {
    "torch": {"f32": "float32", "bf16": "bfloat16"},
    "onnxruntime": {"f32": "float32", "int8": "int8"},
}


def peer_settings(session, precision):
    """name: arguments and environment of encoder_peer.py."""
    settings = {}
    for engine, types in _TYPES.items():
        if precision not in types or session.isa.name:
            continue
        for workers, threads in peers.layouts(session.threads):
            name = f"{engine} {types[precision]}, {workers} x {threads}"
            settings[name] = ([
                f"--engine={engine}", f"--compute_type={types[precision]}",
                f"--workers={workers}", f"--threads={threads}"],
                session.isa.peers)
    for name, (arguments, environment) in peers.ctranslate2_settings(
            session, precision).items():
        settings[name] = (["--engine=ctranslate2", *arguments], environment)
    return settings


class Work:
    """Texts for one model, made once; and how each engine embeds them."""

    def __init__(self, session, model, step=1):
        self.session = session
        self.model = model
        self.folder = session.work / model.name
        self.folder.mkdir(parents=True, exist_ok=True)
        self.config = json.loads((model / "config.json").read_text())
        self.lengths = {cell: lengths[::step]
                        for cell, (lengths, _) in CELLS.items()}
        for cell, lengths in self.lengths.items():
            bert_models.make_inputs(self.inputs(cell), lengths)

    def shape(self, cell):
        lengths = self.lengths[cell]
        batch_size = CELLS[cell][1]
        return (f"{self.model.name}; {len(lengths)} texts of "
                f"{min(lengths)} to {max(lengths)} tokens, {sum(lengths)} in "
                f"all" + (", one at a time" if batch_size == 1 else
                          f"; peers in batches of {batch_size} by length"))

    def inputs(self, cell):
        return self.folder / f"{cell.replace(' ', '_')}.txt"

    def passes(self, cell):
        return PASSES_OF_ONE if CELLS[cell][1] == 1 else 1

    def ours(self, cell, precision, *more):
        # All texts of a cell are there at once, as a full queue has them; one
        # short text comes when the one before has been answered.
        program = self.session.program("embedding_benchmark")
        return programs.tokens_per_second([
            program, f"--model={self.model}", f"--inputs={self.inputs(cell)}",
            f"--batch_size={1 if CELLS[cell][1] == 1 else 1024}",
            f"--num_threads={self.session.threads}",
            f"--repetitions={self.passes(cell)}",
            *self.session.precision_flag(program, precision), *more],
            self.session.environment)

    def peers(self):
        return peers.Pool(self.session, "encoder_peer.py", [
            f"--model={self.model}", f"--converted={self.folder}"])

    def peer(self, pool, cell, name, setting, **more):
        answers = [pool.ask(name, setting, inputs=str(self.inputs(cell)),
                            batch_size=CELLS[cell][1], **more)
                   for _ in range(self.passes(cell))]
        return statistics.median(a["tokens"] / a["seconds"] for a in answers)

    def limit(self, cell, precision):
        lengths, batch_size = self.lengths[cell], CELLS[cell][1]
        rows = lengths[0] if batch_size == 1 else min(sum(lengths),
                                                      STEP_TOKENS)
        return rows / matmul_work.seconds(
            self.session, precision, matmul_work.encoder(rows, self.config))

    def contenders(self, cell, precision, pool):
        found = [Contender(f"Parley {precision}", OURS,
                           functools.partial(self.ours, cell, precision))]
        for name, setting in peer_settings(self.session, precision).items():
            if CELLS[cell][1] == 1 and "--workers=1" not in setting[0]:
                continue  # A second process does not make one text faster.
            found.append(Contender(name, PEER, functools.partial(
                self.peer, pool, cell, name, setting)))
        found.append(Contender(
            f"matmul limit {precision}", LIMIT,
            functools.partial(self.limit, cell, precision)))
        return found

    @functools.cached_property
    def exact_vectors(self):
        """torch's in f32, of the mixed texts."""
        import numpy as np

        path = self.folder / "vectors_torch.npy"
        with self.peers() as pool:
            self.peer(pool, "mixed", "torch", (["--engine=torch"], {}),
                      output=str(path))
        return np.load(path)

    def cosines(self, pool, precision, part):
        """Whether it is the same work: all vectors beside torch's in f32."""
        import numpy as np

        # name: who writes its vectors. One setting of each engine will do.
        writers = {f"Parley {precision}": lambda path: self.ours(
            "mixed", precision, f"--output={path}")}
        engines = set()
        for name, setting in peer_settings(self.session, precision).items():
            if setting[0][0] not in engines:
                engines.add(setting[0][0])
                writers[name] = functools.partial(
                    self._write_peer, pool, name, setting)
        for name, write in writers.items():
            progress(f"  vectors: {name}")
            check = Check(part, "mixed", f"{name}: mean cosine to torch f32",
                          unit="cosine")
            path = self.folder / "vectors.npy"
            try:
                write(path)
                check.value = float((np.load(path) * self.exact_vectors)
                                    .sum(axis=1).mean())
            except programs.ProgramError as error:
                check.missing = str(error)
            yield check

    def _write_peer(self, pool, name, setting, path):
        self.peer(pool, "mixed", name, setting, output=str(path))


def check(cell, precision, has_target, is_native):
    key = (precision, cell.name)
    if not is_native:
        return [ratio_to_best_peer(cell, targets.AVX2_RATIO)]
    target = targets.EMBEDDING_RATIO.get(key) if has_target else None
    return [ratio_to_best_peer(cell, target), share_of_limit(cell)]


def run_model(session, work, cells, rounds, has_target):
    for precision in session.precisions:
        part = session.part(f"embedding with {work.model.name}", precision)
        progress(part)
        with work.peers() as pool:
            if not session.isa.name:
                session.results.checks += work.cosines(pool, precision, part)
            figures = measure(
                {cell: work.contenders(cell, precision, pool)
                 for cell in cells}, rounds)
        for name, series in figures.items():
            cell = Cell(part, name, work.shape(name), series)
            session.results.cells.append(cell)
            session.results.checks += check(cell, precision, has_target,
                                            not session.isa.name)


def run(session):
    run_model(session, Work(session, session.minilm), CELLS, session.rounds,
              True)
    # For its shape alone, without targets: fewer rounds, none in a hurry.
    if session.scale != "quick" and not session.isa.name:
        bert_base = bert_models.make_bert_base(
            session.work / "bert-base-shape")
        run_model(session, Work(session, bert_base, BERT_BASE_STEP),
                  CELLS, min(session.rounds, 3), False)
