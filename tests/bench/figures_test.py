"""Medians, ratios and verdicts of the benchmarks."""

import json
import unittest

import bench_path  # noqa: F401
import figures
from figures import LIMIT, OURS, PEER, Cell, Check, Results, Series


def cell(*series):
    return Cell("part", "cell", "shape", list(series))


class SeriesTest(unittest.TestCase):
    def test_median_and_spread(self):
        series = Series("x", OURS, [90.0, 100.0, 120.0])
        self.assertEqual(series.median, 100)
        self.assertAlmostEqual(series.spread, 0.3)


class CellTest(unittest.TestCase):
    def test_best_peer_is_by_median(self):
        lucky_once = Series("a", PEER, [10.0, 11.0, 99.0])
        steady = Series("b", PEER, [20.0, 21.0, 22.0])
        self.assertIs(cell(lucky_once, steady).best_peer, steady)

    def test_best_peer_is_the_closest_where_there_is_ours(self):
        ours = Series("ours", OURS, [10.0, 20.0, 40.0])
        # The greater median, of a round in which all were fast.
        unsteady = Series("a", PEER, [5.0, 20.0, 20.0])
        close = Series("b", PEER, [9.0, 18.0, 36.0])
        self.assertIs(cell(unsteady, close, ours).best_peer, close)

    def test_best_peer_ran_in_all_rounds(self):
        left_behind = Series("a", PEER, [50.0], only_heat=True)
        steady = Series("b", PEER, [20.0])
        self.assertIs(cell(left_behind, steady).best_peer, steady)

    def test_without_values_there_is_nobody(self):
        empty = cell(Series("a", PEER, [], missing="refused"),
                     Series("b", OURS, []))
        self.assertIsNone(empty.best_peer)
        self.assertIsNone(empty.ours)


class RatioTest(unittest.TestCase):
    def test_is_the_median_of_the_rounds(self):
        check = figures.ratio_to_best_peer(
            cell(Series("p", OURS, [30.0, 29.0, 90.0]),
                 Series("slow", PEER, [10.0, 9.0, 30.0]),
                 Series("q", PEER, [20.0, 10.0, 70.0])),
            target=1.4)
        self.assertAlmostEqual(check.value, 1.5)
        self.assertEqual(check.what, "against q")
        self.assertEqual(check.verdict, "met")

    def test_says_why_there_is_none(self):
        check = figures.ratio_to_best_peer(
            cell(Series("p", OURS, [], missing="bf16 is refused here"),
                 Series("q", PEER, [20.0])), target=1.4)
        self.assertIsNone(check.value)
        self.assertIsNone(check.is_met)
        self.assertEqual(check.verdict,
                         "not measured: ours: bf16 is refused here")

    def test_share_of_limit(self):
        check = figures.share_of_limit(
            cell(Series("p", OURS, [30.0]), Series("limit", LIMIT, [50.0])),
            target=0.8)
        self.assertAlmostEqual(check.value, 0.6)
        self.assertEqual(check.verdict, "missed by 25.0%")


class CheckTest(unittest.TestCase):
    def test_floor(self):
        self.assertTrue(Check("p", "c", "w", 1.2, target=1.2).is_met)
        self.assertFalse(Check("p", "c", "w", 1.19, target=1.2).is_met)

    def test_ceiling(self):
        self.assertTrue(
            Check("p", "c", "w", 1.0, target=1.1, at_most=True).is_met)
        over = Check("p", "c", "w", 1.21, target=1.1, at_most=True)
        self.assertFalse(over.is_met)
        self.assertEqual(over.verdict, "missed by 10.0%")

    def test_without_target_there_is_no_verdict(self):
        self.assertEqual(Check("p", "c", "w", 1.0).verdict, "")

    def test_no_value_is_never_met(self):
        self.assertEqual(Check("p", "c", "w", target=1.0).verdict,
                         "not measured")


class ResultsTest(unittest.TestCase):
    def test_json_holds_medians_and_verdicts(self):
        results = Results({"cpu": "x"})
        results.cells.append(cell(Series("p", OURS, [1.0, 3.0, 2.0]),
                                  Series("q", PEER, [], missing="no")))
        results.checks.append(Check("p", "c", "w", 1.0, target=2.0))
        table = json.loads(json.dumps(results.as_json()))
        series = table["cells"][0]["series"]
        self.assertEqual(series[0]["median"], 2.0)
        self.assertEqual(series[0]["values"], [1.0, 3.0, 2.0])
        self.assertNotIn("median", series[1])
        self.assertEqual(table["checks"][0]["verdict"], "missed by 50.0%")


if __name__ == "__main__":
    unittest.main()
