"""The Grafana dashboard: well-formed, and of metrics that there are.

docs/observability.md lists those; a test compares it with the server.
"""

import json
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
MONITORING = ROOT / "docker" / "monitoring"


def documented():
    """Series by name: those of histograms have several."""
    rows = re.findall(
        r"^\| `((?:parley|process)_[a-z_]+)` \| [^|]*\| (histogram: )?",
        (ROOT / "docs" / "observability.md").read_text(),
        re.MULTILINE,
    )
    names = set()
    for name, histogram in rows:
        suffixes = ["_bucket", "_sum", "_count"] if histogram else [""]
        names.update(name + suffix for suffix in suffixes)
    return names


class DashboardTest(unittest.TestCase):

    def setUp(self):
        self.dashboard = json.loads((MONITORING / "dashboard.json").read_text())
        self.panels = [
            p for p in self.dashboard["panels"] if p["type"] != "row"
        ]
        self.expressions = [
            t["expr"] for p in self.panels for t in p["targets"]
        ]

    def test_panels_can_be_told_apart(self):
        ids = [p["id"] for p in self.dashboard["panels"]]
        self.assertEqual(len(ids), len(set(ids)))
        titles = [p["title"] for p in self.panels]
        self.assertEqual(len(titles), len(set(titles)))

    def test_panels_do_not_overlap(self):
        taken = set()
        for panel in self.dashboard["panels"]:
            at = panel["gridPos"]
            cells = {
                (x, y)
                for x in range(at["x"], at["x"] + at["w"])
                for y in range(at["y"], at["y"] + at["h"])
            }
            self.assertLessEqual(at["x"] + at["w"], 24, panel["title"])
            self.assertFalse(cells & taken, panel["title"])
            taken |= cells

    def test_asks_for_metrics_that_there_are(self):
        names = documented()
        self.assertGreater(len(names), 50)
        for expression in self.expressions:
            for name in re.findall(r"\b(?:parley|process)_[a-z_]+", expression):
                self.assertIn(name, names, expression)

    def test_shows_all_that_is_counted_of_calls_and_tasks(self):
        shown = " ".join(self.expressions)
        for name in documented():
            if name.startswith("parley_") and not name.endswith("_sum"):
                base = re.sub("_(bucket|count)$", "", name)
                if base not in ("parley_build_info", "parley_model_info",
                                "parley_tasks_finished_total"):
                    self.assertIn(base, shown)

    def test_expressions_are_balanced(self):
        for expression in self.expressions:
            for opening, closing in ("()", "{}", "[]"):
                self.assertEqual(expression.count(opening),
                                 expression.count(closing), expression)
            self.assertEqual(expression.count('"') % 2, 0, expression)

    def test_variables_are_declared(self):
        declared = {v["name"] for v in self.dashboard["templating"]["list"]}
        used = set(re.findall(r"\$\{?([a-z]+)", json.dumps(self.dashboard)))
        self.assertLessEqual(used, declared)

    def test_compose_mounts_what_there_is(self):
        compose = (ROOT / "docker" / "compose.yaml").read_text()
        mounted = re.findall(r"\./monitoring/([a-z.]+):", compose)
        self.assertEqual(sorted(mounted),
                         sorted(p.name for p in MONITORING.iterdir()))


if __name__ == "__main__":
    unittest.main()
