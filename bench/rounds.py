"""Measuring engines in turn, and the table of what came out."""

import json
import os
import statistics
import subprocess
import sys


def tokens_per_second(command, environment):
    """Runs a program that prints JSON lines; the median of its repetitions."""
    result = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True,
        env={**os.environ, **environment})
    if result.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))}\n{result.stderr}")
    lines = [json.loads(line) for line in result.stdout.splitlines()
             if line.startswith("{")]
    return statistics.median(line["tokens"] / line["seconds"]
                             for line in lines)


def measure(cells, num_rounds):
    """cells: cell to engine to a function that gives a figure.

    Returns cell to engine to the figures of all rounds.
    """
    figures = {cell: {name: [] for name in engines}
               for cell, engines in cells.items()}
    for number in range(1, num_rounds + 1):
        for cell, engines in cells.items():
            for name, run in engines.items():
                print(f"round {number} of {num_rounds}: {cell}: {name}",
                      file=sys.stderr, flush=True)
                figures[cell][name].append(run())
    return figures


def report(title, engines, ours):
    """A block of lines: medians, spreads, the best peer and our ratio."""
    medians = {name: statistics.median(values)
               for name, values in engines.items()}
    best_peer = max((name for name in medians if name != ours),
                    key=medians.get)
    lines = [title]
    for name, values in engines.items():
        spread = (max(values) - min(values)) / medians[name]
        mark = "  <- best peer" if name == best_peer else ""
        lines.append(f"  {name:38} {medians[name]:8.1f}  spread {spread:4.0%}"
                     f"{mark}")
    lines.append(f"  {ours + ' against the best peer':38} "
                 f"{medians[ours] / medians[best_peer]:8.2f} x")
    return "\n".join(lines)
