"""What pages say of the tree: paths exist, shown examples are the real ones."""

import fnmatch
import posixpath
import re

from repo_check.tree import Finding
from repo_check.tree import folder_of

_FENCE = re.compile(r"^\s*(```|~~~)")
_CODE = re.compile(r"`([^`]+)`")
_LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")
_EXAMPLE = re.compile(r"^<!-- example: (\S+) -->$")
# A word with one of these is a pattern, an address or a shell's expression.
_NOT_A_PATH = re.compile(r"[<>{}$|=~@\\]|://|\.\.\.")
_SURE_SUFFIXES = (".md", ".sh", ".py", ".cc", ".proto", ".yaml", ".cmake")
# Made by building and setting up, so not there before.
_GENERATED = ("build", ".deps")


def _looks_like_path(tree, word):
    if _NOT_A_PATH.search(word) or word.startswith(("/", "-", "../")):
        return False
    if "/" not in word:
        return word.endswith(".md")
    top = word.split("/")[0]
    if top in _GENERATED:
        return False
    return top in tree.folders or word.endswith(_SURE_SUFFIXES)


def _exists(tree, page, word):
    # Paths of .proto files are seen from proto/, as protoc sees them.
    for base in ("", folder_of(page), "proto"):
        path = posixpath.normpath(posixpath.join(base, word))
        if "*" in path:
            if any(fnmatch.fnmatchcase(f, path) for f in tree.files):
                return True
            if path.endswith("/**") and path[:-3] in tree.folders:
                return True
        elif tree.has(path):
            return True
    return False


def _words(line, in_fence):
    if in_fence:
        words = line.split()
    else:
        words = [w for code in _CODE.findall(line) for w in code.split()]
    for word in words:
        word = re.sub(r":\d+$", "", word.strip("\"'(),;:[]").rstrip("."))
        yield word[2:] if word.startswith("./") else word


def check_paths(tree):
    findings = []
    for page in tree.with_suffix(".md"):
        in_fence = False
        for number, line in enumerate(tree.lines(page), 1):
            if _FENCE.match(line):
                in_fence = not in_fence
                continue
            missing = [
                w for w in _words(line, in_fence)
                if w and _looks_like_path(tree, w)
                and not _exists(tree, page, w)
            ]
            if not in_fence:
                missing += [
                    target for target in _LINK.findall(line)
                    if "://" not in target
                    and not target.startswith("mailto:")
                    and not tree.has(posixpath.normpath(
                        posixpath.join(folder_of(page), target)))
                ]
            findings += [
                Finding(page, number, f"{w} does not exist") for w in missing
            ]
    return findings


def _block_after(lines, number):
    """The fenced block that follows line `number` (from 1), or None."""
    rest = lines[number:]
    while rest and not rest[0].strip():
        rest = rest[1:]
    if not rest or not _FENCE.match(rest[0]):
        return None
    for end in range(1, len(rest)):
        if _FENCE.match(rest[end]):
            return rest[1:end]
    return None


def check_examples(tree):
    """A block after `<!-- example: path -->` is that file, word for word."""
    findings = []
    for page in tree.with_suffix(".md"):
        lines = tree.lines(page)
        for number, line in enumerate(lines, 1):
            marker = _EXAMPLE.match(line)
            if not marker:
                continue
            example = marker.group(1)
            if example not in tree.file_set:
                problem = f"{example} does not exist"
            elif _block_after(lines, number) is None:
                problem = f"no block follows that shows {example}"
            elif _block_after(lines, number) != tree.lines(example):
                problem = f"the block that follows differs from {example}"
            else:
                continue
            findings.append(Finding(page, number, problem))
    return findings
