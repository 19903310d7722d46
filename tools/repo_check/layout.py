"""Where files lie, what they are called, how long they are."""

import re

from repo_check.tree import Finding

MAX_LINES = 800
_COUNTED = (".cc", ".h", ".py", ".sh", ".proto", ".cmake", ".md", ".txt",
            "Makefile", "Dockerfile")
_FORBIDDEN = {"util", "utils", "common", "helper", "helpers", "misc",
              "manager", "managers"}
# Folders of libraries; bench, docker and the rest of tools hold programs.
_MIRRORED = ("base/", "engine/", "server/", "client/", "tools/local/")
_MAIN = re.compile(r"^int main\(")
_TOGGLE = "HWY_TARGET_TOGGLE"


def check_sources_are_built(tree, build):
    """Every C++ source is some target's, every script of a test ctest's."""
    built = {s for t in build.targets.values() for s in t.sources}
    findings = [
        Finding(path, 1, "no target builds this file")
        for path in tree.with_suffix(".cc") if path not in built
    ]
    findings += [
        Finding(path, 1, "no CMakeLists.txt runs this test")
        for path in tree.with_suffix("_test.py", "_test.sh")
        if path not in build.mentioned
    ]
    return findings


def check_tests_mirror_sources(tree):
    findings = []
    for path in tree.with_suffix(".cc"):
        if not path.startswith(_MIRRORED):
            continue
        if any(_MAIN.match(line) for line in tree.lines(path)):
            continue
        test = "tests/" + path[:-len(".cc")] + "_test.cc"
        if test not in tree.file_set:
            findings.append(Finding(path, 1, f"its test {test} is missing"))
    return findings


def check_names(tree):
    findings = []
    for path in tree.files:
        words = set(re.split(r"[/_.\-]", path.lower()))
        for word in sorted(words & _FORBIDDEN):
            findings.append(Finding(
                path, 1, f'"{word}" says nothing of what is in here'))
    return findings


def check_lengths(tree):
    findings = []
    for path in tree.with_suffix(*_COUNTED):
        length = len(tree.lines(path))
        if length > MAX_LINES:
            findings.append(Finding(
                path, MAX_LINES + 1,
                f"{length} lines; a file has {MAX_LINES} at most"))
    return findings


def check_header_guards(tree):
    findings = []
    for path in tree.with_suffix(".h"):
        guard = "PARLEY_" + re.sub(r"[/.\-]", "_", path).upper() + "_"
        joined = re.sub(r"\s*\\\n\s*", " ", "\n".join(tree.lines(path)))
        lines = [line for line in joined.splitlines() if line.strip()]
        directives = [line for line in lines if line.startswith("#")]
        # Highway includes its -inl.h files once for each of its targets.
        toggled = (path.endswith("-inl.h") and directives[:1] == [
            f"#if defined({guard}) == defined({_TOGGLE})"])
        guarded = directives[:2] == [f"#ifndef {guard}", f"#define {guard}"]
        closed = bool(lines) and lines[-1] == f"#endif  // {guard}"
        if not (toggled or guarded) or not closed:
            findings.append(Finding(
                path, 1, f"expected the header guard {guard}, at its end "
                f"#endif  // {guard}"))
    return findings
