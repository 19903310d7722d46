"""Parley's benchmarks: all of them in one run, or some.

Prints progress to standard error and the table to standard output, and writes
table, JSON and plots into a folder. docs/benchmarks/README.md says what each
part measures.
"""

import argparse
import dataclasses
import json
import pathlib
import signal
import sys
import time

import embedding
import growth
import machine
import memory
import peers
import plots
import programs
import quality
import report
import serving
import serving_load
import session as session_lib
import shortlist
import startup
import translation
from figures import Results
from rounds import progress


def run_avx2(session):
    """Translation and embedding once more, on AVX2 alone."""
    narrow = dataclasses.replace(
        session, isa=session_lib.AVX2,
        rounds=session.by_scale(session.rounds, min(session.rounds, 3),
                                session.rounds),
        precisions=tuple(p for p in session.precisions if p != "bf16"))
    translation.run(narrow)
    embedding.run(narrow)


PARTS = {
    "translation": translation.run,
    "embedding": embedding.run,
    "serving": serving.run,
    "load": serving_load.run_latency,
    "load_peers": serving_load.run_peers,
    "overload": serving_load.run_overload,
    "growth": growth.run,
    "memory": memory.run,
    "quality": quality.run,
    "startup": startup.run,
    "shortlist": shortlist.run,
    "avx2": run_avx2,
}


def parse():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path,
                        default=programs.ROOT / "build" / "release")
    parser.add_argument("--only", default=",".join(PARTS),
                        help="parts to run: " + ",".join(PARTS))
    parser.add_argument("--precisions",
                        default=",".join(session_lib.PRECISIONS))
    parser.add_argument("--rounds", type=int,
                        help="default: 5, and 2 with --quick")
    parser.add_argument("--threads", type=int, default=2)
    scale = parser.add_mutually_exclusive_group()
    scale.add_argument("--quick", action="store_true",
                       help="five minutes or so, to see that all works")
    scale.add_argument("--full", action="store_true",
                       help="hours: memory over a million requests")
    parser.add_argument("--output", type=pathlib.Path,
                        default=programs.ROOT / "build" / "bench" / "report",
                        help="folder for report.txt, results.json and plots")
    return parser.parse_args()


def make_session(args):
    scale = "quick" if args.quick else "full" if args.full else "usual"
    work = programs.ROOT / "build" / "bench"
    work.mkdir(parents=True, exist_ok=True)
    about = machine.describe(programs.ROOT, args.build, args.threads)
    about["scale"] = scale
    return session_lib.Session(
        build=args.build, work=work, results=Results(about),
        rounds=args.rounds or (2 if args.quick else 5), scale=scale,
        threads=args.threads, precisions=tuple(args.precisions.split(",")))


def write(results, folder):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.txt").write_text(report.text(results))
    (folder / "results.json").write_text(
        json.dumps(results.as_json(), indent=1) + "\n")
    plots.plot_all(results, folder)


def main():
    # So that servers and peers are ended on the way out.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended from outside"))
    args = parse()
    if reason := machine.unoptimised(machine.read_cache(args.build)):
        sys.exit(f"refusing to measure the build in {args.build}: {reason}")
    unknown = (set(args.only.split(",")) - set(PARTS)
               | set(args.precisions.split(","))
               - set(session_lib.PRECISIONS))
    if unknown:
        sys.exit(f"unknown: {', '.join(sorted(unknown))}")
    session = make_session(args)
    peers.note_refusals(session)
    for name in args.only.split(","):
        start = time.monotonic()
        PARTS[name](session)
        progress(f"{name}: {time.monotonic() - start:.0f} s")
        write(session.results, args.output)  # What follows may be stopped.
    print(report.text(session.results), end="")


if __name__ == "__main__":
    main()
