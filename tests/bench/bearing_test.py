"""How the greatest load is searched that a server bears."""

import contextlib
import io
import unittest

import bench_path  # noqa: F401
import bearing
import load_program
import programs


class Session:
    def by_scale(self, quick, usual, full):
        return full


class Queue:
    """A load on a server that bears `capacity` calls a second, and whose
    latency grows as queues' do."""

    def __init__(self, capacity, answered=1.0):
        self.capacity, self.answered = capacity, answered

    def run(self, server, seconds, warm_up, rate=None, in_flight=None):
        if in_flight:
            return {"latency": {"mean": in_flight / self.capacity}}
        p95 = 0.1 / max(1 - rate / self.capacity, 0.001)
        return {"good_calls_per_second": min(rate, self.capacity),
                "latency": {"p95": p95}, "sent": 1000,
                "answered": 1000 * self.answered}


def search(load, limit):
    searched = bearing.Bearing(load, None, limit, Session())
    with contextlib.redirect_stderr(io.StringIO()):
        return searched, searched.goodput()


class BearingTest(unittest.TestCase):
    def test_finds_the_greatest_load_under_the_limit(self):
        searched, goodput = search(Queue(100), 1.0)  # Borne up to 90.
        self.assertLess(abs(goodput - 90), 3)
        self.assertGreater(len(searched.points), 3)

    def test_what_is_refused_is_not_borne(self):
        with self.assertRaisesRegex(programs.ProgramError, "at any load"):
            search(Queue(100, answered=0.9), 1.0)

    def test_none_where_no_load_is_fast_enough(self):
        with self.assertRaisesRegex(programs.ProgramError, "at any load"):
            search(Queue(100), 0.01)


class FlagsTest(unittest.TestCase):
    def test_as_the_program_takes_them(self):
        self.assertEqual(load_program.flags_of(
            {"rate": 5.5, "no_cache": True, "priority": None}),
            ["--rate=5.5", "--no_cache=true"])


if __name__ == "__main__":
    unittest.main()
