"""The files of a source tree, and what is found wrong in them."""

import dataclasses
import functools
import os
import pathlib
import subprocess

# Never part of the sources where git cannot say so itself.
_IGNORED = {".git", ".deps", ".cache", "build", "__pycache__"}


class RulesError(Exception):
    """The rules cannot be read, so nothing can be said of the tree."""


@dataclasses.dataclass(frozen=True, order=True)
class Finding:
    path: str
    line: int
    message: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.message}"


class Tree:
    """A source tree. Paths are strings relative to its top, with slashes."""

    def __init__(self, root):
        self.root = pathlib.Path(root).resolve()
        self.files = sorted(self._list())
        self.file_set = frozenset(self.files)
        folders = set()
        for path in self.files:
            folders.update(str(p) for p in pathlib.PurePosixPath(path).parents)
        self.folders = frozenset(folders)

    def _list(self):
        """Tracked files and new ones that git does not ignore."""
        if (self.root / ".git").exists():
            listed = subprocess.run(
                ["git", "-c", f"safe.directory={self.root}", "ls-files", "-z",
                 "--cached", "--others", "--exclude-standard"],
                cwd=self.root, capture_output=True, check=False)
            if listed.returncode == 0:
                names = listed.stdout.decode().split("\0")
                return {n for n in names if n and (self.root / n).is_file()}
        found = set()
        for folder, folders, names in os.walk(self.root):
            folders[:] = [f for f in folders if f not in _IGNORED]
            for name in names:
                path = pathlib.Path(folder, name).relative_to(self.root)
                found.add(path.as_posix())
        return found

    @functools.lru_cache(maxsize=None)
    def lines(self, path):
        text = (self.root / path).read_text(encoding="utf-8", errors="replace")
        return text.splitlines()

    def with_suffix(self, *suffixes):
        return [path for path in self.files if path.endswith(suffixes)]

    def has(self, path):
        path = path.rstrip("/")
        return path in self.file_set or path in self.folders


def folder_of(path):
    return path.rpartition("/")[0]
