#!/usr/bin/env python3
"""Checks what no compiler checks: that code, build and pages obey the rules.

Reads the dependency table from ARCHITECTURE.md itself, so that the page and
the code cannot drift apart. Prints one line for each finding, as
path:line: what is wrong. Ends with status 1 where there are findings, with 2
where the rules themselves cannot be read.
"""

import argparse
import pathlib
import sys

sys.dont_write_bytecode = True

from repo_check import cmake_lists  # noqa: E402
from repo_check import dependencies  # noqa: E402
from repo_check import dependency_table  # noqa: E402
from repo_check import layout  # noqa: E402
from repo_check import pages  # noqa: E402
from repo_check import tree as tree_lib  # noqa: E402


def find_all(root):
    """Returns (number of files, sorted findings) of the tree at `root`."""
    tree = tree_lib.Tree(root)
    table = dependency_table.read(tree)
    build = cmake_lists.read(tree)
    findings = []
    findings += dependencies.check_includes(tree, table)
    findings += dependencies.check_libraries(table, build)
    findings += layout.check_sources_are_built(tree, build)
    findings += layout.check_tests_mirror_sources(tree)
    findings += layout.check_names(tree)
    findings += layout.check_lengths(tree)
    findings += layout.check_header_guards(tree)
    findings += pages.check_paths(tree)
    findings += pages.check_examples(tree)
    return len(tree.files), sorted(set(findings))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "root",
        nargs="?",
        default=pathlib.Path(__file__).resolve().parent.parent,
        help="top of the tree (default: the one that this file lies in)",
    )
    root = parser.parse_args().root
    try:
        num_files, findings = find_all(root)
    except tree_lib.RulesError as error:
        print(f"check_repo: {error}", file=sys.stderr)
        return 2
    for finding in findings:
        print(finding)
    print(f"check_repo: {num_files} files, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
