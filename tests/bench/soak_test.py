"""What the soak reads, compares and writes."""

import random
import unittest

import bench_path  # noqa: F401
import identical
import scene
from scene import Finding


class MetricsTest(unittest.TestCase):
    def test_sums_over_labels(self):
        sums = scene.parse_metrics(
            "# HELP parley_active_rows Rows.\n"
            "# TYPE parley_active_rows gauge\n"
            'parley_active_rows{model="a b"} 3\n'
            'parley_active_rows{model="c"} 4.5 1700000000\n'
            "process_open_fds 12\n")
        self.assertEqual(sums, {"parley_active_rows": 7.5,
                                "process_open_fds": 12})


class JobsTest(unittest.TestCase):
    def all_of(self, jobs):
        return sorted((str(kind), i) for kind, indices in jobs
                      for i in indices)

    def test_mixes_hold_what_was_asked_alone(self):
        alone = identical.jobs_alone(50, 3)
        mixed = identical.jobs_mixed(50, 3, random.Random(1))
        self.assertEqual(self.all_of(alone), self.all_of(mixed))
        self.assertEqual(len(alone), 100)
        self.assertLess(len(mixed), 100)

    def test_differences_are_found(self):
        alone = {(0, 1): b"a", (0, 2): b"b", (None, 1): b"c"}
        self.assertEqual(identical.differences(alone, dict(alone)), [])
        self.assertEqual(
            identical.differences(alone, {(0, 1): b"a", (0, 2): b"x"}),
            [(0, 2), (None, 1)])


class PageTest(unittest.TestCase):
    def test_says_what_holds(self):
        import soak

        text = soak.page(
            [Finding("hot swaps", "swaps", "10 | all", True),
             Finding("memory", "most", "5 MB"),
             Finding("hot swaps", "mixed", "1", False)], {"date": "today"})
        self.assertIn("## Hot swaps", text)
        self.assertIn("| swaps | 10 \\| all | yes |", text)
        self.assertIn("| mixed | 1 | **no** |", text)
        self.assertIn("- date: today", text)


if __name__ == "__main__":
    unittest.main()
