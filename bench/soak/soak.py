"""Parley's soak: what must hold however often it is tried, tried often.

Prints progress to standard error and writes its findings as a page. Ends with
1 where one of them is bad. docs/soak.md holds those of a full run.
"""

import argparse
import pathlib
import signal
import sys
import tempfile
import time
import traceback

from scene import FULL, QUICK, Finding, Scene, say

import draining  # noqa: E402
import identical  # noqa: E402
import in_full  # noqa: E402
import leaving  # noqa: E402
import machine  # noqa: E402
import programs  # noqa: E402
import resident  # noqa: E402
import wire  # noqa: E402

PARTS = {
    "identical": identical.run,
    "leaving": leaving.run,
    "draining": draining.run,
    "in_full": in_full.run,
    "resident": resident.run,
}

_INTRODUCTION = """# Soak

What must hold however often it is tried, tried often, on the real server over
loopback. `make soak` runs it and writes this page; `bench/soak/` says what each
part does. `make test` runs the same with small counts.
"""
_MARKS = {True: "yes", False: "**no**", None: ""}


def page(findings, about):
    lines = [_INTRODUCTION]
    lines += [f"- {name}: {value}" for name, value in about.items()]
    for part in dict.fromkeys(finding.part for finding in findings):
        lines += ["", f"## {part[0].upper()}{part[1:]}", "",
                  "| What | Found | Holds |", "|---|---|---|"]
        lines += [f"| {cell(f.what)} | {cell(f.value)} | {_MARKS[f.is_good]} |"
                  for f in findings if f.part == part]
    return "\n".join(lines) + "\n"


def cell(text):
    return text.replace("|", "\\|").replace("\n", " ")


def about(build, seconds):
    found = machine.describe(programs.ROOT, build, 0)
    return {"machine": f"{found['cpu']}, {found['cpus']} CPUs, "
                       f"{', '.join(found['instruction_sets'])}",
            "date": found["date"], "revision": found["revision"],
            "build": found["build"], "time": f"{seconds / 60:.0f} minutes"}


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path,
                        default=programs.ROOT / "build" / "release")
    parser.add_argument("--only", default=",".join(PARTS),
                        help="parts to run: " + ",".join(PARTS))
    parser.add_argument("--quick", action="store_true",
                        help="small counts, less than a minute")
    parser.add_argument("--output", type=pathlib.Path,
                        help="the page; else it is printed")
    args = parser.parse_args()
    if unknown := set(args.only.split(",")) - set(PARTS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    return args


def run_part(scene, name):
    start = time.monotonic()
    try:
        PARTS[name](scene)
    except Exception as error:  # The other parts have something to say, too.
        traceback.print_exc()
        scene.findings.append(Finding(
            name, "could not be run to its end", repr(error), False))
    say(f"{name}: {time.monotonic() - start:.0f} s")


def main():
    # So that servers and clients are ended on the way out.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended from outside"))
    args = parse()
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as work:
        scene = Scene(args.build, pathlib.Path(work),
                      QUICK if args.quick else FULL, wire.Stubs())
        for name in args.only.split(","):
            run_part(scene, name)
            text = page(scene.findings,
                        about(args.build, time.monotonic() - start))
            if args.output:  # What follows may be stopped.
                args.output.parent.mkdir(parents=True, exist_ok=True)
                args.output.write_text(text)
    if not args.output:
        print(text, end="")
    bad = [f for f in scene.findings if f.is_good is False]
    if bad or not scene.findings:
        sys.exit("\n".join(["bad:"] + [f"  {f.part}: {f.what}: {f.value}"
                                       for f in bad]))


if __name__ == "__main__":
    main()
