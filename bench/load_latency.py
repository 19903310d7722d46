"""Throughput at saturation beside the engine alone, and latency by load."""

import functools

import load_work
import programs
import targets
from bearing import SATURATED
from figures import LIMIT, OURS, Cell, Check, Curve, share_of_limit
from rounds import Contender, measure, progress

# Of capacity.
LOADS = {"quick": (0.7,), "usual": (0.3, 0.5, 0.7, 0.8, 0.9, 1.0),
         "full": (0.1, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0, 1.1)}
CHECKED_LOAD = 0.7
PERCENTILES = ("p50", "p95", "p99")


def saturated(load, server, seconds):
    """Texts a second, with more calls under way than a step takes."""
    return load.run(server, seconds, warm_up=min(seconds, 3),
                    in_flight=SATURATED)["good_texts_per_second"]


def run_saturation(session, work, server, precision):
    part = session.part("load, saturation", precision)
    progress(part)
    name = f"captions, {SATURATED} calls under way"
    figures = measure({name: [
        Contender(f"Parley {precision}, gRPC", OURS, functools.partial(
            saturated, work.captions_load(), server,
            session.by_scale(4, 10, 20))),
        Contender(f"offline batches of {load_work.ACTIVE_TEXTS}, {precision}",
                  LIMIT, functools.partial(work.offline, precision))]},
        session.by_scale(1, min(session.rounds, 3), session.rounds))
    cell = Cell(part, name, work.shape(), figures[name], "texts/s")
    session.results.cells.append(cell)
    check = share_of_limit(cell, targets.SATURATION_SHARE)
    check.what = "of the engine's own, in batches"
    session.results.checks.append(check)


def run_loads(session, work, server, precision):
    """Latencies at parts of capacity, of a mix of captions and paragraphs."""
    part = session.part("load, latency", precision)
    progress(part)
    seconds = session.by_scale(6, 20, 60)
    load = work.mixed_load()
    alone = work.short_load().run(server, seconds / 2, in_flight=1)
    capacity = load.run(server, seconds / 2, warm_up=3,
                        in_flight=SATURATED)["good_calls_per_second"]
    reports = {}
    for share in LOADS[session.scale]:
        progress(f"  {share:.0%} of {capacity:.1f} calls/s")
        reports[share] = load.run(server, seconds, warm_up=3,
                                  rate=share * capacity)
    add_short_check(session, part, alone, reports[CHECKED_LOAD])
    add_curves(session, part, reports)


def add_short_check(session, part, alone, loaded):
    cell = (f"texts of at most {load_work.SHORT_WORDS} words at "
            f"{CHECKED_LOAD:.0%} of capacity")
    short = loaded["latency_by_kind"]["short"]["p50"]
    session.results.checks += [
        Check(part, cell, "median time over that alone",
              short / alone["latency"]["p50"], "x", targets.LOADED_SHORT_TIME,
              at_most=True),
        Check(part, cell, "median time alone",
              1000 * alone["latency"]["p50"], "ms"),
        Check(part, cell, "median time", 1000 * short, "ms"),
        Check(part, cell, "p99 of all calls",
              1000 * loaded["latency"]["p99"], "ms")]


def add_curves(session, part, reports):
    if len(reports) < 2:
        return
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
                run_loads(session, work, server, precision)
        except programs.ProgramError as error:
            session.results.checks.append(Check(
                session.part("load, saturation", precision), "captions",
                "of the engine's own, in batches", unit="share",
                target=targets.SATURATION_SHARE, missing=str(error)))
