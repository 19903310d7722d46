"""Several times more load than a server bears, and the minute after it."""

import dataclasses
import os
import statistics
import threading
import time

import load_program
import load_work
import programs
import targets
from figures import Check, Curve
from rounds import progress

TIMES = (2, 5, 10)
# Of capacity: before and after the overload.
NORMAL_LOAD = 0.5
QUEUE_DELAY_SECONDS = 1.0
PRECISION = "int8"
CONNECTIONS = 64
# Calls under way at saturation: they fill the places of a step, and none of
# them waits for so long that it would be refused.
IN_FLIGHT = 56


class Memory:
    """The greatest resident memory of a server while `with` lasts."""

    def __init__(self, server):
        self.server = server
        self.most = 0
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self._watch)

    def _watch(self):
        while True:
            self.most = max(self.most, self.server.resident_bytes())
            if self.is_over.wait(0.1):
                return

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.is_over.set()
        self.thread.join()


def limits(program):
    """The flags that bound how long a call waits."""
    if programs.has_flag(program, "max_queue_delay"):
        return [f"--max_queue_delay={QUEUE_DELAY_SECONDS:g}s"]
    return []


@dataclasses.dataclass
class Round:
    """Reports of one round; each load has its turn in it."""

    # Calls a second: what is offered is a multiple of it.
    capacity: float
    # Before the first load and after each, for a machine's speed drifts.
    saturated: list
    before: dict  # At NORMAL_LOAD.
    after: dict
    # By how many times capacity was offered.
    reports: dict
    # The most that was resident over the most at saturation.
    memory: float

    def goodput(self, times):
        """Tokens a second over those at saturation just before and after."""
        before = TIMES.index(times)
        saturated = statistics.mean(
            report["good_tokens_per_second"]
            for report in self.saturated[before:before + 2])
        return self.reports[times]["good_tokens_per_second"] / saturated

    def longest(self):
        """Seconds that an admitted call may take: twice its time in the engine
        in full company, and what it may wait before."""
        return QUEUE_DELAY_SECONDS + 2 * statistics.mean(
            report["server_compute"]["p50"] for report in self.saturated)

    def p99(self, times):
        return self.reports[times]["latency"]["p99"]


class Overload:
    """Drives one server through rounds."""

    def __init__(self, session, work, server):
        self.session, self.server = session, server
        self.seconds = session.by_scale(5, 15, 60)
        self.load = work.mixed_load().but(connections=CONNECTIONS,
                                          deadline="20s")
        self.rounds = []

    def measure(self):
        self.saturate(self.seconds / 2)  # All memory is touched.
        for number in range(self.session.by_scale(
                1, self.session.rounds, self.session.rounds)):
            progress(f"  round {number + 1}")
            self.rounds.append(self.round())

    def saturate(self, seconds):
        return self.load.run(self.server, seconds, warm_up=2,
                             in_flight=IN_FLIGHT)

    def round(self):
        with Memory(self.server) as memory:
            saturated = [self.saturate(self.seconds)]
        most_before = memory.most
        capacity = load_program.capacity(saturated[0], IN_FLIGHT)
        before = self.normal(capacity)
        reports = {}
        with Memory(self.server) as memory:
            for times in TIMES:
                reports[times] = self.load.run(
                    self.server, self.seconds, warm_up=3,
                    rate=times * capacity)
                progress(f"  {times} times {capacity:.1f} calls/s: "
                         f"{reports[times]['good_calls_per_second']:.1f}")
                time.sleep(1)  # As in `normal`.
                saturated.append(self.saturate(self.seconds))
        after = self.normal(capacity)
        return Round(capacity, saturated, before, after, reports,
                     memory.most / most_before)

    def normal(self, capacity):
        time.sleep(1)  # What is left of the load before is answered.
        return self.load.run(self.server, self.session.by_scale(5, 60, 60),
                             warm_up=2, rate=NORMAL_LOAD * capacity)

    def median(self, of):
        """Of a figure of each round."""
        return statistics.median(of(r) for r in self.rounds)

    def goodput(self, times):
        """Over that at saturation (1 time), each round by its own."""
        if times == 1:
            return 1
        return self.median(lambda r: r.goodput(times))

    def generator_share(self, times):
        """What the generator takes of the CPUs that the server has, too."""
        cpus = self.median(lambda r: r.reports[times]["generator_cpus"])
        return cpus / len(os.sched_getaffinity(0))

    @property
    def peak(self):
        """The greatest goodput at any load."""
        return max(self.goodput(times) for times in (1, *TIMES))


def add_checks(session, part, run):
    for times in TIMES:
        add_overload_checks(session, part, run, times)
    add = session.results.checks.append
    cell = "memory and recovery"
    add(Check(part, cell, "resident under overload over that before",
              run.median(lambda r: r.memory), "x",
              targets.OVERLOAD_MEMORY, at_most=True))
    for name in ("p50", "p95"):
        add(Check(part, cell, f"{name} of the minute after over that before",
                  run.median(lambda r: r.after["latency"][name]
                             / r.before["latency"][name]),
                  "x", targets.RECOVERY_TIME, at_most=True))
    add(Check(part, cell, "answered in the minute after",
              min(r.after["answered"] / r.after["sent"] for r in run.rounds),
              "share", targets.RECOVERY_ANSWERED))


def add_overload_checks(session, part, run, times):
    add = session.results.checks.append
    capacity = run.median(lambda r: r.capacity)
    cell = f"{times} times capacity ({capacity:.1f} calls/s)"
    add(Check(part, cell, "goodput over its peak",
              run.goodput(times) / run.peak, "share",
              targets.OVERLOAD_GOODPUT))
    add(Check(part, cell, "CPU time that the generator takes",
              run.generator_share(times), "share"))
    add(Check(part, cell, "p99 of admitted calls",
              1000 * run.median(lambda r: r.p99(times)), "ms"))
    add(Check(part, cell, "over queue limit and twice service time",
              run.median(lambda r: r.p99(times) / r.longest()), "x",
              targets.OVERLOAD_TIME, at_most=True))
    refused = [r.reports[times]["rejection"] for r in run.rounds
               if r.reports[times]["rejected"]]
    for name, most in (("p50", targets.REJECTION_MEDIAN_MS),
                       ("p99", targets.REJECTION_P99_MS)):
        check = Check(part, cell, f"{name} of refusals", unit="ms",
                      target=most, at_most=True, missing="none was refused")
        if refused:
            check.value = 1000 * statistics.median(r[name] for r in refused)
        add(check)


def add_curves(session, part, run):
    session.results.curves += [
        Curve(part, "goodput under overload", "load over capacity",
              "goodput over that at saturation", [1, *TIMES],
              {"answered in time": [run.goodput(times)
                                    for times in (1, *TIMES)]}),
        Curve(part, "latency under overload", "load over capacity",
              "milliseconds", list(TIMES),
              {f"{name} of admitted calls": [
                  1000 * run.median(
                      lambda r: r.reports[times]["latency"][name])
                  for times in TIMES]
               for name in ("p50", "p95", "p99")})]


def run(session, work):
    if PRECISION not in load_work.precisions(session):
        return
    part = session.part("load, overload", PRECISION)
    progress(part)
    program = session.program("parley-server")
    try:
        with work.server(PRECISION, *limits(program)) as server:
            overload = Overload(session, work, server)
            overload.measure()
        add_checks(session, part, overload)
        add_curves(session, part, overload)
    except programs.ProgramError as error:
        session.results.checks.append(Check(
            part, "2, 5 and 10 times capacity", "goodput over its peak",
            unit="share", target=targets.OVERLOAD_GOODPUT,
            missing=str(error)))
