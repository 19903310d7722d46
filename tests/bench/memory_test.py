"""When memory counts as growing."""

import unittest

import bench_path  # noqa: F401
import memory


class GrowthTest(unittest.TestCase):
    def test_what_comes_up_at_first_is_no_growth(self):
        samples = [(i, 100 + min(i, 80)) for i in range(0, 1001, 10)]
        self.assertEqual(memory.growth(samples), 1)

    def test_a_leak_is(self):
        samples = [(i, 1000 + i) for i in range(0, 1001, 10)]
        self.assertGreater(memory.growth(samples), 1.5)

    def test_a_moment_is_not(self):
        samples = [(i, 1000) for i in range(0, 1001, 10)]
        samples[-1] = (1000, 5000)
        self.assertEqual(memory.growth(samples), 1)

    def test_one_sample_will_do(self):
        self.assertEqual(memory.growth([(5, 7)]), 1)


if __name__ == "__main__":
    unittest.main()
