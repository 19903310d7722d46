"""Measuring engines in turn.

Every engine takes its turn in each round, so that a drifting machine drifts
for all. Peers have many settings, of which only the best counts: a heat runs
each twice, and those clearly behind the best of their cell run no further.
"""

import dataclasses
import sys
from collections.abc import Callable

from figures import PEER, Series
from programs import ProgramError

# Of the best peer's figure in the heat: who reaches less is left behind.
KEEP = 0.85
# The better figure counts, so that one disturbance puts nobody out.
HEAT_TURNS = 2


@dataclasses.dataclass
class Contender:
    name: str
    kind: str
    # Does the cell's work once and gives a figure of which more is better.
    run: Callable[[], float]


def progress(text):
    print(text, file=sys.stderr, flush=True)


def _try(contender, series):
    """Adds a figure to the series, or says there why there is none."""
    try:
        series.values.append(contender.run())
    except ProgramError as error:
        progress(f"  {contender.name}: {error}")
        series.values.clear()
        series.missing = str(error)


def _heat(contenders, table):
    """Leaves behind the peers that are clearly slower than the best."""
    for _ in range(HEAT_TURNS):
        for contender in contenders:
            if not table[contender.name].missing:
                _try(contender, table[contender.name])
    for series in table.values():
        series.values[:] = [max(series.values)] if series.values else []
    best = max((series.values[0] for series in table.values()
                if series.values), default=0)
    for contender in contenders:
        series = table[contender.name]
        if series.values and series.values[0] < KEEP * best:
            series.only_heat = True
        elif series.values:
            series.values.clear()


def measure(cells, num_rounds):
    """cells: name of a cell to its contenders.

    Returns the name of a cell to the series of its contenders.
    """
    tables = {}
    for cell, contenders in cells.items():
        table = {c.name: Series(c.name, c.kind, []) for c in contenders}
        tables[cell] = table
        peers = [c for c in contenders if c.kind == PEER]
        if len(peers) > 1:
            progress(f"heat of {len(peers)} peers' settings: {cell}")
            _heat(peers, {c.name: table[c.name] for c in peers})
    for number in range(1, num_rounds + 1):
        for cell, contenders in cells.items():
            progress(f"round {number} of {num_rounds}: {cell}")
            for contender in contenders:
                series = tables[cell][contender.name]
                if not series.only_heat and not series.missing:
                    _try(contender, series)
    return {cell: list(table.values()) for cell, table in tables.items()}
