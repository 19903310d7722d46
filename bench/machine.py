"""What a measurement was made on, and with: the head of every report."""

import datetime
import importlib.metadata
import os
import pathlib
import platform
import re
import subprocess

_FLAGS = ("avx2", "avx_vnni", "avx512f", "avx512_vnni", "avx512_bf16",
          "amx_int8", "amx_bf16")
PEERS = ("ctranslate2", "onnxruntime", "torch", "transformers", "sacrebleu")
# The build types of CMake whose figures mean something.
OPTIMISED = ("Release", "RelWithDebInfo")


def _cpu_line(name):
    for line in open("/proc/cpuinfo"):
        if line.startswith(name):
            return line.split(":", 1)[1].strip()
    return ""


def _output(*command):
    result = subprocess.run(command, capture_output=True, text=True)
    return result.stdout.strip()


def read_cache(build):
    """CMake's variables of a build folder."""
    text = (pathlib.Path(build) / "CMakeCache.txt").read_text()
    return dict(re.findall(r"^(\w+):\w+=(.*)$", text, re.MULTILINE))


def unoptimised(cache):
    """Why a build must not be measured, or ""."""
    kind = cache.get("CMAKE_BUILD_TYPE", "")
    if kind not in OPTIMISED:
        return f"its CMAKE_BUILD_TYPE is {kind!r}"
    if cache.get("PARLEY_SANITIZE"):
        return f"it is built with sanitizers ({cache['PARLEY_SANITIZE']})"
    return ""


def versions():
    found = {"python": platform.python_version()}
    for name in PEERS:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def instruction_sets(flags, preloaded):
    """Of /proc/cpuinfo's flags, and what bench/cpuid_with_bf16.cc adds."""
    found = [name for name in _FLAGS if name in flags.split()]
    if "cpuid_with_bf16" in preloaded and "avx512_bf16" not in found:
        found.append("avx512_bf16 (hidden; shown to all)")
    return found


def describe(root, build, threads):
    cache = read_cache(build)
    compiler = cache.get("CMAKE_CXX_COMPILER", "c++")
    return {
        "cpu": _cpu_line("model name") or platform.processor(),
        "cpus": len(os.sched_getaffinity(0)),
        "instruction_sets": instruction_sets(
            _cpu_line("flags"), os.environ.get("LD_PRELOAD", "")),
        "kernel": platform.release(),
        "date": datetime.date.today().isoformat(),
        "revision": _output("git", "-C", str(root), "describe", "--always",
                            "--dirty") or "unknown",
        "build": f"{cache.get('CMAKE_BUILD_TYPE')}, "
                 f"{_output(compiler, '--version').splitlines()[0]}",
        "threads": threads,
        "load_before": round(os.getloadavg()[0], 2),
        "versions": versions(),
    }
