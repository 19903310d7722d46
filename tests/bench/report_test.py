"""The words of the benchmarks' table."""

import unittest

import bench_path  # noqa: F401
import figures
import report
from figures import LIMIT, OURS, PEER, Cell, Check, Results, Series


def results():
    made = Results({"cpu": "A processor", "instruction_sets": ["avx2", "fma"],
                    "versions": {"torch": "2.0", "python": "3"}})
    cell = Cell("translation, f32", "greedy", "64 sentences", [
        Series("limit", LIMIT, [400.0]), Series("slow", PEER, [10.0], True),
        Series("fast", PEER, [100.0, 110.0, 120.0]),
        Series("odd", PEER, [], missing="not supported"),
        Series("Parley f32", OURS, [220.0, 230.0, 210.0])])
    made.cells.append(cell)
    made.checks.append(figures.ratio_to_best_peer(cell, 1.5))
    made.checks.append(Check("quality", "en-de", "lost to f32", 0.75, "BLEU",
                             0.5, at_most=True))
    made.checks.append(Check("start", "int8", "seconds", None, "s", 1.0,
                             at_most=True, missing="no int8"))
    return made


class ReportTest(unittest.TestCase):
    def setUp(self):
        self.text = report.text(results())
        self.lines = self.text.splitlines()

    def find(self, *words):
        found = [line for line in self.lines if all(w in line for w in words)]
        self.assertEqual(len(found), 1, f"{words} in\n{self.text}")
        return found[0]

    def test_head_says_where_it_was_measured(self):
        self.assertIn("A processor", self.find("cpu:"))
        self.assertIn("avx2, fma", self.find("instruction sets:"))
        self.assertIn("torch 2.0, python 3", self.find("versions:"))

    def test_series(self):
        self.assertIn("220.0", self.find("Parley f32", "spread"))
        self.assertIn("spread   9% of 3", self.find("Parley f32", "spread"))
        self.assertIn("<- best peer", self.find("fast", "110.0"))
        self.assertIn("heat only", self.find("slow"))
        self.assertIn("-- not supported", self.find("odd"))

    def test_ours_comes_first_and_the_limit_last(self):
        names = [line.split()[0] for line in self.lines
                 if line.startswith("    ")][:5]
        self.assertEqual(names, ["Parley", "fast", "slow", "odd", "limit"])

    def test_checks(self):
        self.assertRegex(self.find("    against fast "),
                         r"2\.09 x +target 1\.50 x +met")
        self.assertRegex(self.find("    lost to f32 "),
                         r"0\.75 BLEU +target at most 0\.50 BLEU +missed")

    def test_summary_counts(self):
        self.find("Targets: 1 met, 1 missed, 1 not measured")
        self.find("      lost to f32:", "<=", "missed by 50.0%")
        self.find("      seconds:", "not measured: no int8")


if __name__ == "__main__":
    unittest.main()
