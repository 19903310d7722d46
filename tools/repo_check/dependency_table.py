"""Reads the two tables of ARCHITECTURE.md that say what may include what.

Each follows a marker line, so that the rest of the page may be written freely:

    <!-- check_repo: folders -->
    | Level | Folder | May include | Third party | What it is |

    <!-- check_repo: third party -->
    | Name | Headers | CMake targets | ... |

`a/b/` means the files right in that folder, `a/**` those at any depth under
it, `a/b.cc` that file alone; the most exact row counts. A folder may always
include itself.
"""

import dataclasses
import fnmatch
import re

from repo_check.tree import RulesError

PAGE = "ARCHITECTURE.md"


@dataclasses.dataclass(frozen=True)
class Row:
    level: int
    places: tuple  # Patterns of the files that the row is about.
    may_include: tuple  # Patterns of the files that they may include.
    third_party: frozenset  # Names of the other table.


@dataclasses.dataclass(frozen=True)
class ThirdParty:
    name: str
    headers: tuple  # Patterns of fnmatch; one that ends in "/" is a prefix.
    targets: tuple  # Patterns of fnmatch.


def matches(pattern, path):
    if pattern.endswith("**"):
        return path.startswith(pattern[:-2])
    if pattern.endswith("/"):
        return path.startswith(pattern) and "/" not in path[len(pattern):]
    return path == pattern


def _exactness(pattern):
    """Sorts a file before a folder, a folder before all under it."""
    if pattern.endswith("**"):
        return (0, len(pattern))
    return (1 if pattern.endswith("/") else 2, len(pattern))


@dataclasses.dataclass(frozen=True)
class Table:
    rows: tuple
    third_parties: tuple

    def row_for(self, path):
        """The row that a file falls under, or None."""
        found = [
            (_exactness(place), row)
            for row in self.rows for place in row.places
            if matches(place, path)
        ]
        return max(found, key=lambda f: f[0])[1] if found else None

    def third_party_of_header(self, header):
        for third_party in self.third_parties:
            for pattern in third_party.headers:
                if (header.startswith(pattern) if pattern.endswith("/")
                        else fnmatch.fnmatchcase(header, pattern)):
                    return third_party.name
        return None

    def third_party_of_target(self, target):
        for third_party in self.third_parties:
            for pattern in third_party.targets:
                if target == pattern or fnmatch.fnmatchcase(target, pattern):
                    return third_party.name
        return None

    def allows(self, row, own_path, other_path):
        if own_path.rpartition("/")[0] == other_path.rpartition("/")[0]:
            return True
        return any(matches(p, other_path) for p in row.may_include)


def _cells_after(lines, marker):
    """Yields (line number, cells) of the rows of the table after `marker`."""
    try:
        start = lines.index(f"<!-- check_repo: {marker} -->")
    except ValueError:
        raise RulesError(
            f"{PAGE}: no line <!-- check_repo: {marker} -->") from None
    rows = []
    for number in range(start + 1, len(lines)):
        line = lines[number].strip()
        if line.startswith("|"):
            rows.append(
                (number + 1, [c.strip() for c in line.strip("|").split("|")]))
        elif rows:
            break
    if len(rows) < 3:
        raise RulesError(f"{PAGE}:{start + 1}: no table follows the marker")
    return rows[2:]  # Without heading and rule.


def _quoted(cell):
    return tuple(re.findall(r"`([^`]+)`", cell))


def _read_third_parties(lines):
    third_parties = []
    for number, cells in _cells_after(lines, "third party"):
        if len(cells) < 3:
            raise RulesError(f"{PAGE}:{number}: expected three cells or more")
        third_parties.append(
            ThirdParty(cells[0], _quoted(cells[1]), _quoted(cells[2])))
    return tuple(third_parties)


def _read_rows(lines, names):
    rows = []
    for number, cells in _cells_after(lines, "folders"):
        where = f"{PAGE}:{number}"
        if len(cells) != 5 or not cells[0].isdigit() or not _quoted(cells[1]):
            raise RulesError(
                f"{where}: expected level, folder in backquotes, what it may "
                "include, third parties, what it is")
        listed = {n.strip() for n in cells[3].split(",")} - {"", "none"}
        third_party = names if listed == {"all"} else frozenset(listed)
        if not third_party <= names:
            raise RulesError(
                f"{where}: {', '.join(sorted(third_party - names))} is not in "
                "the table of third parties")
        rows.append(
            Row(int(cells[0]), _quoted(cells[1]), _quoted(cells[2]),
                third_party))
    _check_levels(rows)
    return tuple(rows)


def _check_levels(rows):
    """Each row may include its own level and lower ones, never higher."""
    for row in rows:
        for other in rows:
            if other.level > row.level and any(
                    place in row.may_include for place in other.places):
                raise RulesError(
                    f"{PAGE}: {row.places[0]} (level {row.level}) may not be "
                    f"allowed {other.places[0]} (level {other.level})")


def read(tree):
    if PAGE not in tree.file_set:
        raise RulesError(f"{PAGE} is missing")
    lines = [line.strip() for line in tree.lines(PAGE)]
    third_parties = _read_third_parties(lines)
    names = frozenset(t.name for t in third_parties)
    return Table(_read_rows(lines, names), third_parties)
