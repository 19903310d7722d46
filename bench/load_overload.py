"""Several times more load than a server bears, and the minute after it."""

import threading
import time

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


class Overload:
    """Drives one server; keeps the reports."""

    def __init__(self, session, work, server):
        self.session, self.server = session, server
        self.seconds = session.by_scale(5, 20, 60)
        self.load = work.mixed_load().but(connections=CONNECTIONS,
                                          deadline="20s")

    def measure(self):
        self.load.run(self.server, self.seconds / 2,
                      in_flight=IN_FLIGHT)  # All memory is touched.
        with Memory(self.server) as memory:
            self.saturated = self.load.run(
                self.server, self.seconds, warm_up=2,
                in_flight=IN_FLIGHT)
        self.memory_before = memory.most
        self.capacity = self.saturated["good_calls_per_second"]
        self.before = self.normal(self.seconds)
        self.reports = {}
        with Memory(self.server) as memory:
            for times in TIMES:
                progress(f"  {times} times {self.capacity:.1f} calls/s")
                self.reports[times] = self.load.run(
                    self.server, self.seconds, warm_up=3,
                    rate=times * self.capacity)
        self.memory_after = memory.most
        self.after = self.normal(self.session.by_scale(5, 60, 60))

    def normal(self, seconds):
        time.sleep(1)  # What is left of the load before is answered.
        return self.load.run(self.server, seconds, warm_up=2,
                             rate=NORMAL_LOAD * self.capacity)

    @property
    def peak(self):
        """The greatest goodput at any load: in tokens, for calls differ."""
        return max(report["good_tokens_per_second"] for report in
                   [self.saturated, *self.reports.values()])

    @property
    def service_seconds(self):
        """In the engine, in full company."""
        return self.saturated["server_compute"]["p50"]


def add_checks(session, part, run):
    add = session.results.checks.append
    bound = QUEUE_DELAY_SECONDS + 2 * run.service_seconds
    for times, report in run.reports.items():
        cell = f"{times} times capacity ({run.capacity:.1f} calls/s)"
        add(Check(part, cell, "goodput over its peak",
                  report["good_tokens_per_second"] / run.peak, "share",
                  targets.OVERLOAD_GOODPUT))
        add(Check(part, cell, "p99 of admitted calls",
                  1000 * report["latency"]["p99"], "ms", 1000 * bound,
                  at_most=True))
        for name, most in (("p50", targets.REJECTION_MEDIAN_MS),
                           ("p99", targets.REJECTION_P99_MS)):
            check = Check(part, cell, f"{name} of refusals", unit="ms",
                          target=most, at_most=True,
                          missing="none was refused")
            if report["rejected"]:
                check.value = 1000 * report["rejection"][name]
            add(check)
    cell = "memory and recovery"
    add(Check(part, cell, "resident under overload over that before",
              run.memory_after / run.memory_before, "x",
              targets.OVERLOAD_MEMORY, at_most=True))
    for name in ("p50", "p95"):
        add(Check(part, cell, f"{name} of the minute after over that before",
                  run.after["latency"][name] / run.before["latency"][name],
                  "x", targets.RECOVERY_TIME, at_most=True))
    add(Check(part, cell, "answered in the minute after",
              run.after["answered"] / run.after["sent"], "share",
              targets.RECOVERY_ANSWERED))


def add_curves(session, part, run):
    reports = {1: run.saturated, **run.reports}
    session.results.curves += [
        Curve(part, "goodput under overload", "load over capacity",
              "source tokens a second", list(reports),
              {"answered in time": [report["good_tokens_per_second"]
                                    for report in reports.values()]}),
        Curve(part, "latency under overload", "load over capacity",
              "milliseconds", list(run.reports),
              {f"{name} of admitted calls": [
                  1000 * report["latency"][name]
                  for report in run.reports.values()]
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
