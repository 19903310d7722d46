"""Builds that the benchmarks refuse."""

import pathlib
import tempfile
import unittest

import bench_path  # noqa: F401
import machine


def cache(text):
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "CMakeCache.txt").write_text(text)
        return machine.read_cache(folder)


class UnoptimisedTest(unittest.TestCase):
    def test_release_will_do(self):
        found = cache("// note\nCMAKE_BUILD_TYPE:STRING=RelWithDebInfo\n"
                      "PARLEY_SANITIZE:STRING=\n")
        self.assertEqual(machine.unoptimised(found), "")

    def test_others_will_not(self):
        debug = cache("CMAKE_BUILD_TYPE:STRING=Debug\n")
        self.assertIn("Debug", machine.unoptimised(debug))
        sanitized = cache("CMAKE_BUILD_TYPE:STRING=Release\n"
                          "PARLEY_SANITIZE:STRING=address\n")
        self.assertIn("address", machine.unoptimised(sanitized))
        self.assertNotEqual(machine.unoptimised({}), "")


class InstructionSetsTest(unittest.TestCase):
    def test_those_that_matter(self):
        self.assertEqual(machine.instruction_sets("fpu avx2 avx512f", ""),
                         ["avx2", "avx512f"])

    def test_what_is_shown_is_told_apart(self):
        shown = machine.instruction_sets("avx2", "bin/cpuid_with_bf16.so")
        self.assertEqual(len(shown), 2)
        self.assertIn("hidden", shown[1])
        self.assertEqual(
            machine.instruction_sets("avx512_bf16", "bin/cpuid_with_bf16.so"),
            ["avx512_bf16"])


if __name__ == "__main__":
    unittest.main()
