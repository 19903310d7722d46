"""Includes and linked libraries against the table of ARCHITECTURE.md."""

import re

from repo_check import dependency_table
from repo_check.tree import Finding
from repo_check.tree import folder_of

_INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[">]')
_GENERATED = re.compile(r"(\.grpc)?\.pb\.h$")
_STANDARD = re.compile(r"^[a-z0-9_]+$")


def _included_file(tree, header):
    """The file of the tree that an include names, or None."""
    proto = "proto/" + _GENERATED.sub(".proto", header)
    if _GENERATED.search(header) and proto in tree.file_set:
        return proto
    return header if header in tree.file_set else None


def _problem(tree, table, path, quote, header):
    """What is wrong with an include, or None."""
    row = table.row_for(path)
    own = _included_file(tree, header)
    if own is not None:
        if table.allows(row, path, own):
            return None
        return (f"{folder_of(path)}/ may not include {header} "
                f"({dependency_table.PAGE} lists what it may)")
    third_party = table.third_party_of_header(header)
    if third_party is not None:
        if third_party in row.third_party:
            return None
        return f"{path} may not use {third_party} ({header})"
    if quote == "<" and _STANDARD.match(header):
        return None
    if quote == '"':
        return f"{header}: no such file, seen from the top of the tree"
    return (f"<{header}> belongs to no third party of "
            f"{dependency_table.PAGE}")


def check_includes(tree, table):
    findings = []
    for path in tree.with_suffix(".cc", ".h"):
        if table.row_for(path) is None:
            findings.append(Finding(
                path, 1, f"{dependency_table.PAGE} has no row for this folder"))
            continue
        for number, line in enumerate(tree.lines(path), 1):
            include = _INCLUDE.match(line)
            if include:
                problem = _problem(tree, table, path, *include.groups())
                if problem:
                    findings.append(Finding(path, number, problem))
    return findings


def _linked_place(build, dep):
    """A file in the folder whose library `dep` is, or None."""
    target = build.targets.get(dep)
    return target.path if target else None


def check_libraries(table, build):
    findings = []
    for target in build.targets.values():
        # A library of several folders may link what any of their rows allows.
        files = [target.path] + target.sources
        rows = [(f, table.row_for(f)) for f in files]
        rows = [(f, row) for f, row in rows if row is not None]
        for dep in target.deps:
            place = _linked_place(build, dep)
            third_party = table.third_party_of_target(dep)
            if place is not None:
                allowed = any(table.allows(r, f, place) for f, r in rows)
                problem = f"may not link {dep}"
            elif third_party is not None:
                allowed = any(third_party in r.third_party for _, r in rows)
                problem = f"may not link {third_party} ({dep})"
            else:
                allowed = False
                problem = (f"links {dep}, which is neither a target here nor "
                           f"of a third party of {dependency_table.PAGE}")
            if not allowed:
                findings.append(Finding(
                    target.path, target.line, f"{target.name} {problem}"))
    return findings
