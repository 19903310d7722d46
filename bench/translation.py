"""Translation throughput against CTranslate2: same weights, same work, one run.

A random model of OPUS-MT's base size translates 64 sentences of 1,027 source
tokens in all to 20 forced target tokens each. Every setting of every engine
takes its turn in each round, so that a drifting machine drifts for all; a cell
shows the median over the rounds, and the spread as (max - min) / median. The
peer's best setting of each cell counts.
"""

import argparse
import functools
import json
import pathlib
import sys

import machine
import random_marian
import rounds

ROOT = pathlib.Path(__file__).resolve().parent.parent
OURS = "Parley f32"
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


def peers(compute_type):
    """Settings of CTranslate2: one worker of two threads, two of one."""
    settings = {}
    for workers, threads in ((1, 2), (2, 1)):
        for mkl in ("1", "0"):
            name = (f"CTranslate2 {compute_type}, {workers} x {threads}"
                    f"{'' if mkl == '1' else ', oneDNN'}")
            settings[name] = dict(workers=workers, threads=threads, mkl=mkl,
                                  compute_type=compute_type)
    return settings


class Bench:
    def __init__(self, build, work):
        self.program = build / "bin" / "translation_benchmark"
        self.work = work
        self.model = random_marian.make_model(work / "opus-mt-base-random")
        self.sources = {}
        for _, _, count in CELLS.values():
            path = work / f"sources_{count}.txt"
            random_marian.make_sources(path, LENGTHS[:count])
            self.sources[count] = path

    def parley(self, cell, output=""):
        batch_size, num_beams, count = CELLS[cell]
        return rounds.tokens_per_second([
            self.program, f"--model={self.model}",
            f"--sources={self.sources[count]}", f"--batch_size={batch_size}",
            f"--num_beams={num_beams}", f"--new_tokens={NEW_TOKENS}",
            "--num_threads=2", "--repetitions=1", f"--output={output}"],
            # As the server sets it for itself.
            {"GOMP_SPINCOUNT": "2000"})

    def ctranslate2(self, cell, workers, threads, mkl, compute_type,
                    output=None):
        batch_size, num_beams, count = CELLS[cell]
        if workers > 1 and batch_size >= count:
            # Two workers share the batch, or one of them would idle.
            batch_size = -(-batch_size // workers)
        return rounds.tokens_per_second([
            sys.executable, ROOT / "bench" / "ctranslate2_peer.py",
            f"--model={self.model}", f"--converted={self.work / 'ctranslate2'}",
            f"--sources={self.sources[count]}", f"--batch_size={batch_size}",
            f"--num_beams={num_beams}", f"--new_tokens={NEW_TOKENS}",
            f"--workers={workers}", f"--threads={threads}",
            f"--compute_type={compute_type}", "--repetitions=1",
            *([f"--output={output}"] if output else [])],
            {"CT2_USE_MKL": mkl})

    def engines(self, cell):
        engines = {OURS: lambda: self.parley(cell)}
        for name, setting in peers("float32").items():
            engines[name] = (lambda setting=setting:
                             self.ctranslate2(cell, **setting))
        return engines

    def share_of_equal_targets(self):
        """Whether it is the same work: greedy targets, token for token.

        The last token is left out: CTranslate2 forces the length without the
        end token, Parley with it.
        """
        targets = []
        for name, run in (("parley", self.parley), ("peer", functools.partial(
                self.ctranslate2, workers=1, threads=2, mkl="1",
                compute_type="float32"))):
            path = self.work / f"targets_{name}.txt"
            run("greedy, batch 64", output=path)
            targets.append([line.split()[:NEW_TOKENS - 1]
                            for line in path.read_text().splitlines()])
        equal = sum(ours == theirs for ours, theirs in zip(*targets))
        return equal / len(targets[0])


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path,
                        default=ROOT / "build" / "release")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--output", type=pathlib.Path,
                        help="where to write the figures as JSON")
    args = parser.parse_args()

    bench = Bench(args.build, ROOT / "build" / "bench")
    figures = rounds.measure(
        {cell: bench.engines(cell) for cell in CELLS}, args.rounds)
    about = machine.describe(ROOT)
    print(json.dumps(about))
    print(f"equal greedy targets: {bench.share_of_equal_targets():.0%}")
    for cell, engines in figures.items():
        print(rounds.report(f"{cell} (target tokens/s)", engines, OURS))
    if args.output:
        args.output.parent.mkdir(parents=True, exist_ok=True)
        args.output.write_text(json.dumps(
            {"machine": about, "tokens_per_second": figures}, indent=1) + "\n")


if __name__ == "__main__":
    main()
