"""What was measured, and how it stands to what was wanted. Nothing here runs
anything; a part of the suite fills a `Results`, report.py and plots.py show it.
"""

import dataclasses
import statistics

OURS, PEER, LIMIT = "ours", "peer", "limit"


@dataclasses.dataclass
class Series:
    """What one engine reached in one cell: one figure for each round.

    Of a peer's setting that was left behind in the heat there is the heat's
    figure alone.
    """

    name: str
    kind: str
    values: list
    only_heat: bool = False
    # Why there are no values, where there are none.
    missing: str = ""

    @property
    def median(self):
        return statistics.median(self.values)

    @property
    def spread(self):
        """(max - min) / median."""
        return (max(self.values) - min(self.values)) / self.median

    def over(self, other):
        """How many times the other's figure this is: the median of the rounds'
        ratios, as in a round both met the machine in nearly the same state."""
        return statistics.median(
            mine / others for mine, others in zip(self.values, other.values))


@dataclasses.dataclass
class Cell:
    """Engines that did the same work, in a unit of which more is better."""

    part: str
    name: str
    shape: str
    series: list
    unit: str = "tokens/s"

    def of_kind(self, kind):
        return [s for s in self.series if s.kind == kind and s.values]

    @property
    def ours(self):
        return next(iter(self.of_kind(OURS)), None)

    @property
    def limit(self):
        return next(iter(self.of_kind(LIMIT)), None)

    @property
    def best_peer(self):
        """Among those that ran in all rounds, the one that is left behind the
        least."""
        peers = [s for s in self.of_kind(PEER) if not s.only_heat]
        if not self.ours:
            return max(peers, key=lambda s: s.median, default=None)
        return min(peers, key=self.ours.over, default=None)


@dataclasses.dataclass
class Check:
    """A number beside its target, if it has one."""

    part: str
    cell: str
    what: str
    value: float = None
    unit: str = "x"
    target: float = None
    at_most: bool = False
    # Why there is no value, where there is none.
    missing: str = ""

    @property
    def is_met(self):
        """None where there is nothing to say."""
        if self.target is None or self.value is None:
            return None
        if self.at_most:
            return self.value <= self.target
        return self.value >= self.target

    @property
    def verdict(self):
        if self.value is None:
            return "not measured" + (f": {self.missing}" if self.missing
                                     else "")
        if self.target is None:
            return ""
        if self.is_met:
            return "met"
        return f"missed by {abs(self.value - self.target) / self.target:.1%}"


@dataclasses.dataclass
class Curve:
    """Lines for a plot, over one x axis, or each over its own."""

    part: str
    name: str
    x_label: str
    y_label: str
    # Of all lines, or a dict of those of each.
    x: object
    lines: dict
    note: str = ""


@dataclasses.dataclass
class Results:
    machine: dict
    cells: list = dataclasses.field(default_factory=list)
    checks: list = dataclasses.field(default_factory=list)
    curves: list = dataclasses.field(default_factory=list)
    notes: list = dataclasses.field(default_factory=list)

    def as_json(self):
        table = dataclasses.asdict(self)
        for row, check in zip(table["checks"], self.checks):
            row["verdict"] = check.verdict
        for row, cell in zip(table["cells"], self.cells):
            for column, series in zip(row["series"], cell.series):
                if series.values:
                    column["median"] = series.median
                    column["spread"] = series.spread
        return table


def _missing(cell, *kinds):
    """Why a comparison cannot be made."""
    for kind in kinds:
        if not cell.of_kind(kind):
            reasons = [s.missing for s in cell.series
                       if s.kind == kind and s.missing]
            return f"{kind}: {reasons[0] if reasons else 'none was run'}"
    return ""


def ratio_to_best_peer(cell, target=None):
    """How many times the best peer's figure ours is."""
    check = Check(cell.part, cell.name, "against the best peer", target=target,
                  missing=_missing(cell, OURS, PEER))
    if cell.ours and cell.best_peer:
        check.what = f"against {cell.best_peer.name}"
        check.value = cell.ours.over(cell.best_peer)
    return check


def share_of_limit(cell, target=None):
    """Which part of the measured limit ours is."""
    check = Check(cell.part, cell.name, "of the matmul limit", unit="share",
                  target=target, missing=_missing(cell, OURS, LIMIT))
    if cell.ours and cell.limit:
        check.what = f"of the {cell.limit.name}"
        check.value = cell.ours.over(cell.limit)
    return check
