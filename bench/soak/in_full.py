"""Tests of `make test` that have counts for a soak, with those."""

import os
import subprocess
import time

import programs
from scene import say

# What it is: (program, test, what it does with PARLEY_SOAK set).
TESTS = {
    "hot swaps": (
        "integration_model_swap_test",
        "ModelSwapTest.NoCallFailsAndNoneIsMixed",
        "1,000 reloads under 16 callers: none fails, none is answered by two "
        "versions"),
    "SIGTERM under streams of embeddings": (
        "integration_drain_test", "DrainTest.NoAcceptedCallIsLost",
        "100 times under 64 streams and 4 other callers: no accepted call is "
        "lost"),
}
_SECONDS = 2 * 3600


def run_test(scene, part, program, test, what):
    path = scene.build / "tests" / program
    if not path.exists():
        scene.add(part, what, f"there is no {program}", False)
        return
    start = time.monotonic()
    result = subprocess.run(
        [str(path), f"--gtest_filter={test}"], cwd=programs.ROOT, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=_SECONDS,
        env={**os.environ, "PARLEY_SOAK": "1"})
    passed = result.returncode == 0 and "[  PASSED  ] 1 test." in result.stdout
    if not passed:
        say(result.stdout[-4000:])
    scene.add(part, what, f"{'passed' if passed else 'failed'} after "
              f"{time.monotonic() - start:.0f} s", passed)


def run(scene):
    if scene.counts.drains < 100:
        say("not with small counts: `make test` runs these")
        return
    for part, (program, test, what) in TESTS.items():
        say(f"{part}: {what}")
        run_test(scene, part, program, test, what)
