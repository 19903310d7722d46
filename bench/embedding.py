"""Embedding throughput against torch, ONNX Runtime and CTranslate2, in f32.

The same weights and the same token ids for all, in one run: every setting of
every engine takes its turn in each round, so that a drifting machine drifts for
all. A cell shows the median over the rounds, and the spread as (max - min) /
median. The best setting of the best peer in each cell counts. The peers stop
at the last layer's output; Parley also pools.
"""

import argparse
import json
import pathlib
import sys

import bert_models
import machine
import rounds

ROOT = pathlib.Path(__file__).resolve().parent.parent

# name: (lengths of the texts, batch size of the peers)
CELLS = {
    "short": ([9 + (7 * i) % 13 for i in range(256)], 32),
    "long": ([100 + (5 * i) % 15 for i in range(32)], 32),
    "mixed": ([12 + (163 * i) // 95 for i in range(96)], 32),
    "one short text": ([15] * 32, 1),
}
OURS = "Parley"


def peer_settings():
    """name: arguments and environment of encoder_peer.py."""
    settings = {}
    for engine in ("torch", "onnxruntime", "ctranslate2"):
        for workers, threads in ((1, 2), (2, 1)):
            for mkl in ("1", "0") if engine == "ctranslate2" else ("",):
                name = f"{engine}, {workers} x {threads}"
                if engine == "ctranslate2":
                    name += ", MKL" if mkl == "1" else ", oneDNN"
                settings[name] = (
                    [f"--engine={engine}", f"--workers={workers}",
                     f"--threads={threads}"],
                    {"CT2_USE_MKL": mkl} if mkl else {})
    return settings


class Bench:
    def __init__(self, build, model, work):
        self.program = build / "bin" / "embedding_benchmark"
        self.model = model
        self.work = work / model.name
        self.work.mkdir(parents=True, exist_ok=True)
        for cell, (lengths, _) in CELLS.items():
            bert_models.make_inputs(self.inputs(cell), lengths)

    def inputs(self, cell):
        return self.work / f"{cell.replace(' ', '_')}.txt"

    def parley(self, cell, *more):
        # All texts of a cell are there at once, as a full queue has them; one
        # short text comes when the one before has been answered.
        return rounds.tokens_per_second([
            self.program, f"--model={self.model}",
            f"--inputs={self.inputs(cell)}",
            f"--batch_size={1 if CELLS[cell][1] == 1 else 1024}",
            "--num_threads=2", "--repetitions=3", *more],
            {"GOMP_SPINCOUNT": "2000"})

    def peer(self, cell, arguments, environment, *more):
        return rounds.tokens_per_second([
            sys.executable, ROOT / "bench" / "encoder_peer.py",
            f"--model={self.model}", f"--converted={self.work}",
            f"--inputs={self.inputs(cell)}",
            f"--batch_size={CELLS[cell][1]}", "--repetitions=3",
            *arguments, *more], environment)

    def least_cosine(self):
        """Whether it is the same work: our vectors beside torch's."""
        import numpy as np
        ours, theirs = self.work / "parley.npy", self.work / "torch.npy"
        self.parley("mixed", f"--output={ours}")
        self.peer("mixed", ["--engine=torch"], {}, f"--output={theirs}")
        return (np.load(ours) * np.load(theirs)).sum(axis=1).min()

    def engines(self, cell):
        engines = {OURS: lambda: self.parley(cell)}
        for name, (arguments, environment) in peer_settings().items():
            if CELLS[cell][1] == 1 and "2 x 1" in name:
                continue  # A second process does not make one text faster.
            engines[name] = (
                lambda arguments=arguments, environment=environment:
                self.peer(cell, arguments, environment))
        return engines


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path,
                        default=ROOT / "build" / "release")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--output", type=pathlib.Path,
                        help="where to write the figures as JSON")
    args = parser.parse_args()

    work = ROOT / "build" / "bench"
    models = [ROOT / ".deps" / "models" / "all-MiniLM-L6-v2",
              bert_models.make_bert_base(work / "bert-base-random")]
    about = machine.describe(ROOT)
    print(json.dumps(about))
    figures = {}
    for model in models:
        bench = Bench(args.build, model, work)
        print(f"{model.name}: least cosine to torch: "
              f"{bench.least_cosine():.7f}", flush=True)
        cells = rounds.measure(
            {cell: bench.engines(cell) for cell in CELLS}, args.rounds)
        for cell, engines in cells.items():
            print(rounds.report(f"{model.name}, {cell} (tokens/s)", engines,
                                OURS), flush=True)
        figures[model.name] = cells
    if args.output:
        args.output.parent.mkdir(parents=True, exist_ok=True)
        args.output.write_text(json.dumps(
            {"machine": about, "tokens_per_second": figures}, indent=1) + "\n")


if __name__ == "__main__":
    main()
