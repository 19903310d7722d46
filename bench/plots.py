"""Pictures of a run: a figure of bars for each part, one for each curve."""

import re
import textwrap

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
from figures import LIMIT, OURS  # noqa: E402

_COLORS = {OURS: "tab:blue", LIMIT: "lightgray"}
_PEER_COLOR = "tab:orange"


def file_name(*words):
    name = re.sub(r"[^a-z0-9]+", "_", " ".join(words).lower())
    return name.strip("_") + ".png"


def _bars(axes, cell):
    """Ours, the best peer, the limit."""
    shown = [s for s in (cell.ours, cell.best_peer, cell.limit) if s]
    for place, series in enumerate(shown):
        median = series.median
        axes.bar(place, median, color=_COLORS.get(series.kind, _PEER_COLOR),
                 yerr=[[median - min(series.values)],
                       [max(series.values) - median]], capsize=4)
    axes.set_xticks(range(len(shown)), [
        textwrap.fill(s.name, 14) for s in shown], fontsize=6)
    axes.set_title(cell.name, fontsize=9)
    axes.set_ylabel(cell.unit, fontsize=8)
    axes.tick_params(axis="y", labelsize=7)


def plot_part(part, cells, folder):
    figure, all_axes = plt.subplots(
        1, len(cells), figsize=(3.2 * len(cells), 3.2), squeeze=False)
    for axes, cell in zip(all_axes[0], cells):
        _bars(axes, cell)
    figure.suptitle(part, fontsize=10)
    figure.tight_layout()
    return _save(figure, folder / file_name(part))


def plot_curve(curve, folder):
    figure, axes = plt.subplots(figsize=(5.5, 3.5))
    for name, values in curve.lines.items():
        x = curve.x[name] if isinstance(curve.x, dict) else curve.x
        axes.plot(x[:len(values)], values,
                  marker="o" if len(values) < 20 else None, label=name)
    axes.set_ylim(0, 1.1 * max(max(line) for line in curve.lines.values()))
    axes.set_xlabel(curve.x_label)
    axes.set_ylabel(curve.y_label)
    title = f"{curve.part}: {curve.name}"
    axes.set_title(title + (f"\n{curve.note}" if curve.note else ""),
                   fontsize=9)
    axes.legend(fontsize=8)
    axes.grid(alpha=0.3)
    figure.tight_layout()
    return _save(figure, folder / file_name(curve.part, curve.name))


def _save(figure, path):
    # Without the date and the version, the same figures give the same bytes.
    figure.savefig(path, dpi=110, metadata={"Software": None})
    plt.close(figure)
    return path.name


def plot_all(results, folder):
    names = []
    by_part = {}
    for cell in results.cells:
        if cell.best_peer or cell.limit:  # One bar alone says nothing.
            by_part.setdefault(cell.part, []).append(cell)
    for part, cells in by_part.items():
        names.append(plot_part(part, cells, folder))
    for curve in results.curves:
        names.append(plot_curve(curve, folder))
    return names
