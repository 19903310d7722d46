"""What a measurement was made on, for the head of every report."""

import os
import platform
import subprocess


def cpu_model():
    for line in open("/proc/cpuinfo"):
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor()


def instruction_sets():
    wanted = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8")
    for line in open("/proc/cpuinfo"):
        if line.startswith("flags"):
            flags = set(line.split(":", 1)[1].split())
            return [name for name in wanted if name in flags]
    return []


def revision(root):
    result = subprocess.run(["git", "-C", str(root), "describe", "--always",
                             "--dirty"], capture_output=True, text=True)
    return result.stdout.strip() or "unknown"


def describe(root):
    return {
        "cpu": cpu_model(),
        "cpus": len(os.sched_getaffinity(0)),
        "instruction_sets": instruction_sets(),
        "kernel": platform.release(),
        "revision": revision(root),
    }
