"""How the peer's server forms batches."""

import threading
import unittest

import bench_path  # noqa: F401
from batcher import Batcher, Piece, choose


def pieces(*lengths, options=("beam", 4)):
    return [Piece(["x"] * length, options, None) for length in lengths]


def lengths(batch):
    return sorted(len(piece.tokens) for piece in batch)


class ChooseTest(unittest.TestCase):
    def test_the_oldest_and_those_of_its_length(self):
        batch = choose(pieces(5, 50, 6, 60, 4), 3, 1000)
        self.assertEqual(lengths(batch), [4, 5, 6])

    def test_a_batch_has_one_kind_of_options(self):
        waiting = pieces(5, 5) + pieces(5, options=("beam", 1))
        self.assertEqual(len(choose(waiting, 8, 1000)), 2)

    def test_padded_tokens_are_bounded(self):
        batch = choose(pieces(10, 10, 10, 20, 20), 8, 40)
        self.assertEqual(lengths(batch), [10, 10, 10])

    def test_one_that_is_too_long_goes_alone(self):
        self.assertEqual(lengths(choose(pieces(99, 2), 8, 40)), [99])

    def test_none_is_passed_by_for_ever(self):
        waiting = pieces(50, *([5] * 20))
        self.assertIn(50, lengths(choose(waiting, 2, 1000)))


class BatcherTest(unittest.TestCase):
    def start(self, compute, **options):
        batcher = Batcher(compute, **options)
        self.addCleanup(batcher.close)
        return batcher

    def submit(self, batcher, *lengths_):
        """Returns the results by length, when all are there."""
        results, all_there = {}, threading.Event()

        def note(length, result):
            results[length] = result
            if len(results) == len(lengths_):
                all_there.set()

        batcher.submit([
            Piece(["x"] * length, (), lambda r, n=length: note(n, r))
            for length in lengths_])
        self.assertTrue(all_there.wait(30))
        return results

    def test_each_gets_its_own_result(self):
        batcher = self.start(lambda batch, _: [len(t) for t in batch],
                             num_workers=2, max_batch=4)
        self.assertEqual(self.submit(batcher, *range(1, 30)),
                         {n: n for n in range(1, 30)})

    def test_an_error_is_the_batch_s(self):
        def compute(batch, _):
            if len(batch[0]) == 1:
                raise ValueError("one")
            return ["fine"] * len(batch)

        batcher = self.start(compute, num_workers=1, max_batch=1)
        results = self.submit(batcher, 1, 2)
        self.assertIsInstance(results[1], ValueError)
        self.assertEqual(results[2], "fine")

    def test_what_is_abandoned_is_not_computed(self):
        computed, gate = [], threading.Event()

        def compute(batch, _):
            gate.wait(30)
            computed.extend(len(tokens) for tokens in batch)
            return [None] * len(batch)

        done = threading.Event()
        batcher = self.start(compute, num_workers=1, max_batch=1)
        first = Piece(["x"], (), lambda _: None)
        left = Piece(["x"] * 2, (), lambda _: None)
        last = Piece(["x"] * 3, (), lambda _: done.set())
        batcher.submit([first, left, last])
        left.is_abandoned = True
        gate.set()
        self.assertTrue(done.wait(30))
        self.assertNotIn(2, computed[1:])


if __name__ == "__main__":
    unittest.main()
