"""How much load a server bears with its latency under a limit."""

import load_program
import programs
from rounds import progress

# Calls under way: more than any of the servers works on at a time.
SATURATED = 128
# Of calls: so many are answered at least, or the p95 of the others says
# nothing.
ANSWERED = 0.99


class Bearing:
    """Searches the greatest load that a server bears."""

    def __init__(self, load, server, limit, session):
        self.load, self.server, self.limit = load, server, limit
        self.seconds = session.by_scale(4, 10, 30)
        self.num_probes = session.by_scale(2, 3, 6)
        # (goodput in calls/s, p95 in s) of every probe, for the plot.
        self.points = []

    def run(self, seconds, **flags):
        return self.load.run(self.server, seconds, warm_up=3, **flags)

    def probe(self, rate):
        """Returns whether it is borne, and the goodput."""
        report = self.run(self.seconds, rate=rate)
        goodput = report["good_calls_per_second"]
        p95 = report["latency"].get("p95", float("inf"))
        self.points.append((goodput, p95))
        is_borne = (p95 <= self.limit and report["answered"]
                    >= ANSWERED * report["sent"])
        progress(f"  {rate:.1f} calls/s: p95 {1000 * p95:.0f} ms")
        return is_borne, goodput

    def goodput(self):
        capacity = load_program.capacity(
            self.run(self.seconds / 2, in_flight=SATURATED), SATURATED)
        low, high, best = 0.4 * capacity, 1.0 * capacity, 0.0
        for number in range(self.num_probes):
            # Most that is borne is near to capacity.
            rate = 0.85 * capacity if number == 0 else (low + high) / 2
            is_borne, goodput = self.probe(rate)
            if is_borne:
                low, best = rate, max(best, goodput)
            else:
                high = rate
        if best == 0:
            is_borne, best = self.probe(0.4 * capacity)
            if not is_borne:
                raise programs.ProgramError(
                    f"its p95 is over {self.limit} s at any load")
        return best
