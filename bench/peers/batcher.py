"""Dynamic batching, as a server in Python does it best: whenever a worker is
free, it takes what waits. Knows nothing of models and of gRPC."""

import dataclasses
import threading
import time


@dataclasses.dataclass(eq=False)
class Piece:
    """A sentence that waits, and what is to be done with its result."""

    tokens: list
    # What all sentences of a batch must have in common.
    options: tuple
    # Called once, on a worker's thread, with the result or an exception.
    done: object
    # Nobody waits for it any more.
    is_abandoned: bool = False
    enqueued: float = dataclasses.field(default_factory=time.monotonic)
    started: float = 0.0


def choose(waiting, max_batch, max_tokens):
    """Of what waits, oldest first, the pieces of the next batch.

    The oldest is always among them; of the others those that are nearest to
    it in length, for a batch is padded to its longest and ends with its
    slowest. Only the oldest few are looked at, so that none is passed by for
    long.
    """
    oldest = waiting[0]
    candidates = [piece for piece in waiting[:4 * max_batch]
                  if piece.options == oldest.options]
    candidates.sort(key=lambda piece: abs(
        len(piece.tokens) - len(oldest.tokens)))
    batch, longest = [], 0
    for piece in candidates[:max_batch]:
        longest = max(longest, len(piece.tokens))
        if batch and longest * (len(batch) + 1) > max_tokens:
            break
        batch.append(piece)
    return batch


class Batcher:
    """`compute(list of token lists, options)` gives a result for each, and is
    called by `num_workers` threads at a time."""

    def __init__(self, compute, num_workers, max_batch, max_tokens=1 << 30,
                 max_delay=0.0):
        self.compute = compute
        self.max_batch = max_batch
        self.max_tokens = max_tokens
        self.max_delay = max_delay
        self.waiting = []
        self.changed = threading.Condition()
        self.num_idle = 0
        self.is_closed = False
        self.threads = [threading.Thread(target=self._work, daemon=True)
                        for _ in range(num_workers)]
        for thread in self.threads:
            thread.start()

    def submit(self, pieces):
        with self.changed:
            self.waiting += pieces
            self.changed.notify_all()

    def close(self):
        """What waits is not worked on any more."""
        with self.changed:
            self.is_closed = True
            self.changed.notify_all()
        for thread in self.threads:
            thread.join()

    def _take(self):
        """Waits for a batch; None at the end."""
        with self.changed:
            self.num_idle += 1
            try:
                while not self.is_closed:
                    self.waiting = [piece for piece in self.waiting
                                    if not piece.is_abandoned]
                    delay = self._seconds_to_wait()
                    if delay == 0:
                        return self._cut_batch()
                    self.changed.wait(delay)
                return None
            finally:
                self.num_idle -= 1

    def _seconds_to_wait(self):
        """Until a batch should start: 0: now, None: until more comes."""
        if not self.waiting:
            return None
        if len(self.waiting) >= self.max_batch:
            return 0
        left = self.waiting[0].enqueued + self.max_delay - time.monotonic()
        return max(left, 0)

    def _cut_batch(self):
        # Idle workers share what waits, or one would do all of it alone.
        share = -(-len(self.waiting) // self.num_idle)
        batch = choose(self.waiting, min(self.max_batch, share),
                       self.max_tokens)
        taken = set(map(id, batch))
        self.waiting = [piece for piece in self.waiting
                        if id(piece) not in taken]
        return batch

    def _work(self):
        while batch := self._take():
            started = time.monotonic()
            for piece in batch:
                piece.started = started
            try:
                results = self.compute([piece.tokens for piece in batch],
                                       batch[0].options)
            except Exception as error:  # Is the callers' to see.
                results = [error] * len(batch)
            for piece, result in zip(batch, results):
                piece.done(result)
