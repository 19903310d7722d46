"""Resident memory over many requests of random lengths."""

import memory
import targets
from scene import say

PART = "memory"


def run(scene):
    counts = {"embed": scene.counts.embedded_texts,
              "translate": scene.counts.translated_texts}
    for method, count in counts.items():
        if count == 0:
            continue
        say(f"{PART}, {method}")
        with scene.server() as server:
            samples = memory.soak(scene, server, method, count)
        growth = memory.growth(samples)
        most = max(resident for _, resident in samples)
        scene.add(PART, f"{method}: {count} texts of 1 to "
                  f"{memory.METHODS[method][0]} words",
                  f"{growth:.3f} times that after a tenth; "
                  f"{most / 2**20:.0f} MB at most",
                  growth <= targets.MEMORY_GROWTH)
