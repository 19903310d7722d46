"""Goodput beside CTranslate2 behind a Python server, at equal p95.

Each server gets as much load as it bears with its p95 under the same limit;
what it answers a second then is its figure. Peers at their best: every setting
is tried at saturation, the best of each layout of workers and threads in the
measurement itself.
"""

import contextlib
import sys

import load_work
import peers
import programs
import targets
from bearing import SATURATED, Bearing
from figures import OURS, PEER, Cell, Check, Curve, Series, ratio_to_best_peer
from rounds import KEEP, Contender, measure, progress

SCRIPT = programs.ROOT / "bench" / "peers" / "translation_server.py"
# Sentences of a peer's batch at most.
BATCHES = (32, 64)


def command(work, setting, max_batch):
    arguments, environment = setting
    converted = work.session.work / "ctranslate2-served"
    return ([sys.executable, SCRIPT, f"--model={work.model}",
             f"--converted={converted}", f"--max_batch={max_batch}",
             *arguments], environment)


def settings(work, precision):
    """name: (command, environment) of each of the peer's settings."""
    session = work.session
    batches = session.by_scale(BATCHES[-1:], BATCHES[-1:], BATCHES)
    return {
        f"{name}, batches of {size}": command(work, setting, size)
        for name, setting in peers.ctranslate2_settings(
            session, precision).items()
        if session.scale != "quick" or "oneDNN" not in name
        for size in batches}


def layout(name):
    """Of a setting: its workers and threads, "2 x 1"."""
    return name.split(", ")[1]


def best_settings(work, precision, num_beams):
    """The best setting of each layout at saturation; notes all of them."""
    session = work.session
    found, tried = {}, []
    for name, (words, environment) in settings(work, precision).items():
        series = Series(name, PEER, [], only_heat=True)
        try:
            with programs.Service(words, environment) as server:
                series.values.append(work.mixed_load(num_beams).run(
                    server, session.by_scale(3, 6, 10), warm_up=2,
                    in_flight=SATURATED)["good_calls_per_second"])
        except programs.ProgramError as error:
            series.missing = str(error)
            progress(f"  {name}: {error}")
            continue
        progress(f"  {name}: {series.values[0]:.1f} calls/s saturated")
        tried.append(series)
        best = found.get(layout(name))
        if best is None or series.values[0] > best.values[0]:
            found[layout(name)] = series
    top = max((series.values[0] for series in tried), default=0)
    return [series.name for series in found.values()
            if series.values[0] >= KEEP * top]


def start_servers(work, precision, num_beams, stack):
    """Ours, and the peer at its best settings, by the contender's name."""
    servers = {OURS: stack.enter_context(work.server(precision))}
    all_settings = settings(work, precision)
    for name in best_settings(work, precision, num_beams):
        words, environment = all_settings[name]
        servers[name] = stack.enter_context(
            programs.Service(words, environment))
    if len(servers) == 1:
        raise programs.ProgramError("no setting of the peer's could be run")
    return servers


def latency_limit(work, servers, num_beams):
    """Seconds: by the peer's own time for one caption, in its best setting."""
    seconds = work.session.by_scale(2, 5, 5)
    alone = min(work.captions_load(num_beams).run(
        server, seconds, in_flight=1)["latency"]["p50"]
        for name, server in servers.items() if name != OURS)
    progress(f"  the peer's time for one caption alone: {1000 * alone:.0f} ms")
    return targets.LATENCY_TIMES * alone


def run_cell(session, work, precision, num_beams):
    part = session.part("load, beside the peer", precision)
    progress(part)
    with contextlib.ExitStack() as stack:
        servers = start_servers(work, precision, num_beams, stack)
        limit = latency_limit(work, servers, num_beams)
        searches = {
            f"Parley {precision}, gRPC" if name == OURS else name:
            Bearing(work.mixed_load(num_beams), server, limit, session)
            for name, server in servers.items()}
        name = f"beams: {num_beams}, p95 at most {1000 * limit:.0f} ms"
        figures = measure({name: [
            Contender(other, OURS if other not in servers else PEER,
                      search.goodput)
            for other, search in searches.items()]},
            session.by_scale(1, min(session.rounds, 2), session.rounds))
    cell = Cell(part, name, work.shape(num_beams), figures[name], "calls/s")
    session.results.cells.append(cell)
    session.results.checks.append(ratio_to_best_peer(
        cell, targets.GOODPUT_RATIO.get(precision)))
    add_curve(session, part, name, searches)


def add_curve(session, part, name, searches):
    points = {other: sorted(search.points)
              for other, search in searches.items() if search.points}
    if not points:
        return
    session.results.curves.append(Curve(
        part, name, "calls answered a second", "p95, milliseconds",
        {other: [x for x, _ in found] for other, found in points.items()},
        {other: [1000 * y for _, y in found]
         for other, found in points.items()}))


def run(session, work):
    beams = session.by_scale((4,), (4,), (4, 1))
    for precision in load_work.precisions(session):
        if not peers.ctranslate2_types(precision):
            continue
        for num_beams in beams:
            try:
                run_cell(session, work, precision, num_beams)
            except programs.ProgramError as error:
                session.results.checks.append(Check(
                    session.part("load, beside the peer", precision),
                    f"beams: {num_beams}", "against the best peer",
                    target=targets.GOODPUT_RATIO.get(precision),
                    missing=str(error)))
