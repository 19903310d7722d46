"""The table of a run, as text."""

from figures import LIMIT, PEER

_WIDTH = 44


def number(value, unit):
    if unit == "share":
        return f"{value:.1%}"
    if unit == "cosine":
        return f"{value:.6f}"
    if unit in ("x", "s"):
        return f"{value:.2f} {unit}"
    if unit == "BLEU":
        return f"{value:.2f} BLEU"
    return f"{value:,.0f} {unit}"


def series_line(series, mark=""):
    if not series.values:
        return f"    {series.name:{_WIDTH}} -- {series.missing}"
    rounds = ("heat only" if series.only_heat else
              f"spread {series.spread:4.0%} of {len(series.values)}")
    return (f"    {series.name:{_WIDTH}} {series.median:>10,.1f}  {rounds}"
            f"{mark}")


def cell_lines(cell):
    """Ours first, then peers from the best, then the limit."""
    best = cell.best_peer
    ordered = sorted(cell.series, key=lambda s: (
        (s.kind == PEER) + 2 * (s.kind == LIMIT),
        -s.median if s.values else 1))
    return [f"  {cell.name} ({cell.unit}; {cell.shape})"] + [
        series_line(s, "  <- best peer" if s is best else "")
        for s in ordered]


def check_line(check):
    value = "" if check.value is None else number(check.value, check.unit)
    target = ""
    if check.target is not None:
        sign = "at most " if check.at_most else ""
        target = f"target {sign}{number(check.target, check.unit)}"
    return "  ".join(word for word in (
        f"    {check.what:{_WIDTH}}", f"{value:>10}", target, check.verdict)
        if word.strip())


def summary_lines(checks):
    """All that has a target, in one table."""
    with_target = [c for c in checks if c.target is not None]
    met = sum(c.is_met is True for c in with_target)
    missed = sum(c.is_met is False for c in with_target)
    lines = [f"Targets: {met} met, {missed} missed, "
             f"{len(with_target) - met - missed} not measured"]
    for check in with_target:
        value = ("" if check.value is None
                 else number(check.value, check.unit))
        sign = "<=" if check.at_most else ">="
        target = number(check.target, check.unit)
        lines.append(f"  {check.part + ': ' + check.cell:{_WIDTH}}")
        lines.append(f"      {check.what}: {value} {sign} {target}: "
                     f"{check.verdict}")
    return lines


def machine_lines(machine):
    about = dict(machine)
    lines = []
    for name, value in about.items():
        if isinstance(value, dict):
            value = ", ".join(f"{k} {v}" for k, v in value.items())
        elif isinstance(value, list):
            value = ", ".join(map(str, value))
        lines.append(f"{name.replace('_', ' ') + ':':18} {value}")
    return lines


def text(results):
    """The whole report."""
    lines = ["Parley's benchmarks", ""] + machine_lines(results.machine)
    parts = dict.fromkeys(
        [c.part for c in results.cells] + [c.part for c in results.checks])
    for part in parts:
        lines += ["", part]
        checks = [c for c in results.checks if c.part == part]
        shown = set()
        for cell in (c for c in results.cells if c.part == part):
            shown.add(cell.name)
            lines += cell_lines(cell)
            lines += [check_line(c) for c in checks if c.cell == cell.name]
        rest = [c for c in checks if c.cell not in shown]
        for name in dict.fromkeys(c.cell for c in rest):
            lines.append(f"  {name}")
            lines += [check_line(c) for c in rest if c.cell == name]
    if results.curves:
        lines += ["", "Plotted"]
        lines += [f"  {c.part}: {c.name}" + (f" ({c.note})" if c.note else "")
                  for c in results.curves]
    if results.notes:
        lines += ["", "Notes"] + [f"  {note}" for note in results.notes]
    lines += [""] + summary_lines(results.checks)
    return "\n".join(lines) + "\n"
