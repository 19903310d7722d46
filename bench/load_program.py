"""Runs parley-load (bench/load) and reads what it says."""

import dataclasses

import programs
from rounds import progress

# Of calls that were sent late by the generator itself, this share makes its
# figures doubtful.
LATE_SHARE = 0.01


def flags_of(flags):
    """{"rate": 5, "no_cache": True} as the program takes it."""
    def word(value):
        return str(value).lower() if isinstance(value, bool) else value

    return [f"--{name}={word(value)}" for name, value in flags.items()
            if value is not None]


@dataclasses.dataclass
class Load:
    """A kind of load: everything but how much of it."""

    session: object
    flags: dict

    def but(self, **flags):
        return Load(self.session, {**self.flags, **flags})

    def run(self, server, seconds, warm_up=1.0, **flags):
        """Of `rate` calls a second or `in_flight` at a time; the report.

        Errors other than refusals and cancelled calls are ours to explain, so
        they end the measurement.
        """
        report = programs.json_lines([
            self.session.program("parley-load"), f"--server={server.address}",
            f"--duration={seconds}s", f"--warm_up={warm_up}s",
            *flags_of({**self.flags, **flags})])[-1]
        if report["errors"]:
            raise programs.ProgramError(
                f"calls to {server.address} failed: {report['errors']}")
        if not report["texts"] and not report["answered"]:
            raise programs.ProgramError(
                f"{server.address} answered none of {report['sent']} calls "
                f"in {seconds} s")
        note_late_starts(report)
        return report


def capacity(report, in_flight):
    """Calls a second, where there were always so many under way.

    By Little's law from the mean time of a call: calls that begin together end
    together, and which of those fall into a window is chance.
    """
    return in_flight / report["latency"]["mean"]


def note_late_starts(report):
    share = report["late_starts"] / max(report["sent"], 1)
    if share > LATE_SHARE:
        progress(f"  the generator was late for {share:.1%} of the calls, "
                 f"p99 {1000 * report['start_lateness']['p99']:.0f} ms")
