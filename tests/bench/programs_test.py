"""How the benchmarks run programs: answers, errors, ends."""

import pathlib
import sys
import tempfile
import unittest

import bench_path  # noqa: F401
import programs

PYTHON = sys.executable
ECHO = """
import json, sys
for line in sys.stdin:
    request = json.loads(line)
    if request["x"] < 0:
        sys.exit("x is negative")
    print("noise on the way", flush=True)
    print(json.dumps({"twice": 2 * request["x"]}), flush=True)
"""


class RunTest(unittest.TestCase):
    def test_median_of_the_repetitions(self):
        code = ("print('noise')\n"
                "for s in (2, 4, 1):\n"
                "    print('{\"tokens\": 8, \"seconds\": %d}' % s)")
        self.assertEqual(programs.tokens_per_second([PYTHON, "-c", code]), 4)

    def test_environment_and_input(self):
        code = "import os; print(os.environ['WORD'] + input())"
        self.assertEqual(
            programs.run([PYTHON, "-c", code], {"WORD": "a"}, "b\n"), "ab\n")

    def test_error_is_the_last_thing_it_said(self):
        code = "import sys; print('x', file=sys.stderr); sys.exit('why')"
        with self.assertRaisesRegex(programs.ProgramError, "why$"):
            programs.run([PYTHON, "-c", code])

    def test_noise_behind_an_exception_is_left_out(self):
        code = ("import atexit, sys\n"
                "def noise(): print('noise', file=sys.stderr)\n"
                "atexit.register(noise)\n"
                "raise ValueError('why')")
        with self.assertRaisesRegex(programs.ProgramError, "ValueError: why$"):
            programs.run([PYTHON, "-c", code])


class HasFlagTest(unittest.TestCase):
    def test_asks_the_program(self):
        with tempfile.TemporaryDirectory() as folder:
            program = pathlib.Path(folder) / "program"
            program.write_text(
                "#!/bin/sh\n[ \"$1\" = --help ] && echo '  --size=N  big'\n"
                "echo '    --size_limit (most); default: 1'\n")
            program.chmod(0o755)
            self.assertTrue(programs.has_flag(program, "size"))
            self.assertTrue(programs.has_flag(program, "size_limit"))
            self.assertFalse(programs.has_flag(program, "limit"))


class PeerTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.peer = programs.Peer([PYTHON, "-c", ECHO], {},
                                  pathlib.Path(folder.name) / "log")
        self.addCleanup(self.peer.close)

    def test_answers_again_and_again(self):
        self.assertEqual(self.peer.ask(x=2), {"twice": 4})
        self.assertEqual(self.peer.ask(x=21), {"twice": 42})

    def test_its_end_says_why(self):
        for _ in range(2):  # Also when it is asked once more.
            with self.assertRaisesRegex(programs.ProgramError, "negative"):
                self.peer.ask(x=-1)


if __name__ == "__main__":
    unittest.main()
