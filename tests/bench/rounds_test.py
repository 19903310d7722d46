"""Turns and heats of the benchmarks."""

import contextlib
import io
import unittest

import bench_path  # noqa: F401
from figures import OURS, PEER
from programs import ProgramError
from rounds import Contender, measure


class Engine:
    """Gives its figures in turn, and notes in `log` when it was called."""

    def __init__(self, name, log, figures, kind=PEER):
        self.name, self.log, self.figures = name, log, list(figures)
        self.contender = Contender(name, kind, self.run)

    def run(self):
        self.log.append(self.name)
        figure = self.figures.pop(0)
        if isinstance(figure, str):
            raise ProgramError(figure)
        return figure


def run(engines, num_rounds):
    with contextlib.redirect_stderr(io.StringIO()):
        series = measure({"cell": [e.contender for e in engines]}, num_rounds)
    return {s.name: s for s in series["cell"]}


class MeasureTest(unittest.TestCase):
    def test_engines_take_turns(self):
        log = []
        table = run([Engine("ours", log, [1, 2], OURS),
                     Engine("peer", log, [3, 4])], 2)
        self.assertEqual(log, ["ours", "peer", "ours", "peer"])
        self.assertEqual(table["ours"].values, [1, 2])
        self.assertEqual(table["peer"].values, [3, 4])

    def test_cells_take_turns_within_a_round(self):
        log = []
        with contextlib.redirect_stderr(io.StringIO()):
            measure({name: [Engine(name, log, [1, 1], OURS).contender]
                     for name in ("a", "b")}, 2)
        self.assertEqual(log, ["a", "b", "a", "b"])

    def test_heat_leaves_the_slow_behind(self):
        log = []
        table = run([Engine("ours", log, [1, 1], OURS),
                     Engine("fast", log, [100, 99, 101, 102]),
                     Engine("near", log, [20, 90, 91, 92]),
                     Engine("slow", log, [50, 40])], 2)
        self.assertEqual(log, ["fast", "near", "slow"] * 2
                         + ["ours", "fast", "near"] * 2)
        self.assertEqual(table["slow"].values, [50])
        self.assertTrue(table["slow"].only_heat)
        # The heat's figure is no round's.
        self.assertEqual(table["fast"].values, [101, 102])
        self.assertFalse(table["near"].only_heat)

    def test_a_refusal_is_kept_and_ends_nothing(self):
        log = []
        table = run([Engine("ours", log, ["no bf16 here"], OURS),
                     Engine("peer", log, ["not supported"]),
                     Engine("other", log, [7, 7, 8, 9])], 2)
        self.assertEqual(table["ours"].values, [])
        self.assertEqual(table["ours"].missing, "no bf16 here")
        self.assertEqual(table["peer"].missing, "not supported")
        self.assertEqual(table["other"].values, [8, 9])

    def test_a_late_failure_takes_all_figures_back(self):
        table = run([Engine("ours", [], [5, "crashed"], OURS)], 3)
        self.assertEqual(table["ours"].values, [])
        self.assertEqual(table["ours"].missing, "crashed")


if __name__ == "__main__":
    unittest.main()
