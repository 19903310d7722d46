"""Throughput at saturation beside the engine alone, and latency by load."""

import dataclasses
import functools
import statistics
import time
from concurrent import futures

import load_program
import load_work
import programs
import targets
from bearing import SATURATED
from figures import LIMIT, OURS, Cell, Check, Curve, share_of_limit
from rounds import Contender, measure, progress

# Of capacity.
LOADS = {"quick": (0.5, 0.8), "usual": (0.3, 0.5, 0.7, 0.8, 0.9, 1.0),
         "full": (0.1, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0, 1.1)}
CHECKED_LOAD = 0.7
# Other work on a machine takes from capacity, and a rate is a part of what it
# was before. A round in which the load was not within so much of what it was
# meant to be, by capacity before and after, says nothing; another one follows.
LOAD_TOLERANCE = 0.05
MOST_TRIES = 3  # Of the rounds wanted.
PERCENTILES = ("p50", "p95", "p99")


def capacity(load, server, seconds):
    """Calls a second, with more under way than a step takes."""
    return load_program.capacity(
        load.run(server, seconds, warm_up=min(seconds, 3),
                 in_flight=SATURATED), SATURATED)


def run_saturation(session, work, server, precision):
    part = session.part("load, saturation", precision)
    progress(part)
    name = f"captions, {SATURATED} calls under way"
    figures = measure({name: [
        Contender(f"Parley {precision}, gRPC", OURS, functools.partial(
            capacity, work.captions_load(), server,  # A text a call.
            session.by_scale(4, 10, 20))),
        Contender(f"offline batches of {load_work.ACTIVE_TEXTS}, {precision}",
                  LIMIT, functools.partial(work.offline, precision))]},
        session.by_scale(1, min(session.rounds, 3), session.rounds))
    cell = Cell(part, name, work.shape(), figures[name], "texts/s")
    session.results.cells.append(cell)
    check = share_of_limit(cell, targets.SATURATION_SHARE)
    check.what = "of the engine's own, in batches"
    session.results.checks.append(check)


@dataclasses.dataclass
class Round:
    """Short texts alone, and among others at about CHECKED_LOAD."""

    alone: float  # Seconds, the median.
    loaded: float
    p99: float  # Of all calls.
    load: float  # Of capacity before and after.

    @property
    def counts(self):
        return abs(self.load - CHECKED_LOAD) <= LOAD_TOLERANCE


def run_round(session, work, server, seed):
    seconds = session.by_scale(4, 30, 30)
    at_capacity = session.by_scale(2, 7.5, 15)
    load = work.mixed_load()
    alone = work.short_load().run(server, at_capacity / 2, in_flight=1)
    before = capacity(load, server, at_capacity)
    rate = CHECKED_LOAD * before
    # Of its own arrivals: how they cluster decides as much as the load does.
    report = load.run(server, seconds, warm_up=3, rate=rate, seed=seed)
    after = capacity(load, server, at_capacity)
    found = Round(alone["latency"]["p50"],
                  report["latency_by_kind"]["short"]["p50"],
                  report["latency"]["p99"], 2 * rate / (before + after))
    progress(f"  {rate:.1f} calls/s, {found.load:.0%} of capacity: short "
             f"texts {1000 * found.loaded:.0f} ms, alone "
             f"{1000 * found.alone:.0f} ms"
             f"{'' if found.counts else '; does not count'}")
    return found


def run_short_texts(session, work, server, precision):
    """The median time of short texts among others over that alone."""
    part = session.part("load, latency", precision)
    progress(part)
    wanted = session.by_scale(1, session.rounds, session.rounds)
    rounds = []
    for _ in range(MOST_TRIES * wanted):
        rounds.append(run_round(session, work, server, len(rounds) + 1))
        if sum(r.counts for r in rounds) == wanted:
            break
    counted = [r for r in rounds if r.counts]
    add_short_checks(session, part, counted, len(rounds))


def add_short_checks(session, part, rounds, num_tried):
    add = session.results.checks.append
    cell = (f"texts of at most {load_work.SHORT_WORDS} words at "
            f"{CHECKED_LOAD:.0%} of capacity, {len(rounds)} rounds of "
            f"{num_tried}")
    check = Check(part, cell, "median time over that alone", None, "x",
                  targets.LOADED_SHORT_TIME, at_most=True,
                  missing="the machine was never calm for a round")
    add(check)
    if not rounds:
        return
    ratios = [r.loaded / r.alone for r in rounds]
    check.value = statistics.median(ratios)
    for what, values, factor, unit in (
            ("the least of them", [min(ratios)], 1, "x"),
            ("the greatest of them", [max(ratios)], 1, "x"),
            ("load", [r.load for r in rounds], 1, "share"),
            ("median time alone", [r.alone for r in rounds], 1000, "ms"),
            ("median time", [r.loaded for r in rounds], 1000, "ms"),
            ("p99 of all calls", [r.p99 for r in rounds], 1000, "ms")):
        add(Check(part, cell, what, factor * statistics.median(values), unit))


def run_beside_documents(session, work, server, precision):
    """Short texts, one after the other, beside documents, one after the
    other."""
    part = session.part("load, beside documents", precision)
    progress(part)
    seconds = session.by_scale(8, 20, 60)
    with futures.ThreadPoolExecutor(1) as other:
        documents = other.submit(
            work.document_load().run, server, seconds, in_flight=1)
        time.sleep(1)
        # Ends while there still are documents.
        short = work.short_load().run(server, seconds - 1, in_flight=1)
        documents = documents.result()
    cell = f"documents of {load_work.DOCUMENT_LINES} captions"
    add = session.results.checks.append
    for what, report, name in (
            ("median time of a short text", short, "p50"),
            ("its p95", short, "p95"),
            ("median time of a document", documents, "p50")):
        add(Check(part, cell, what, 1000 * report["latency"][name], "ms"))


def run_loads(session, work, server, precision):
    """Latencies at parts of capacity, of a mix of captions and paragraphs."""
    part = session.part("load, latency", precision)
    seconds = session.by_scale(4, 10, 60)
    load = work.mixed_load()
    reports = {}
    for share in LOADS[session.scale]:
        before = capacity(load, server, seconds / 2)
        progress(f"  {share:.0%} of {before:.1f} calls/s")
        reports[share] = load.run(server, seconds, warm_up=3,
                                  rate=share * before)
    add_curves(session, part, reports)


def add_curves(session, part, reports):
    offered = [report["offered_calls_per_second"]
               for report in reports.values()]
    session.results.curves += [
        Curve(part, "latency by load", "offered calls a second",
              "milliseconds", offered,
              {name: [1000 * report["latency"][name]
                      for report in reports.values()]
               for name in PERCENTILES}),
        Curve(part, "goodput by load", "offered calls a second",
              "calls a second", offered,
              {"answered in time": [report["good_calls_per_second"]
                                    for report in reports.values()]})]


def run(session, work):
    for precision in load_work.precisions(session):
        try:
            with work.server(precision) as server:
                run_saturation(session, work, server, precision)
                run_short_texts(session, work, server, precision)
                run_beside_documents(session, work, server, precision)
                run_loads(session, work, server, precision)
        except programs.ProgramError as error:
            session.results.checks.append(Check(
                session.part("load, saturation", precision), "captions",
                "of the engine's own, in batches", unit="share",
                target=targets.SATURATION_SHARE, missing=str(error)))
