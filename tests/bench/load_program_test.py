"""parley-load against the real server, at a tiny scale.

Usage: load_program_test.py BUILD_DIR
"""

import pathlib
import sys
import unittest

import bench_path
import programs

BUILD = pathlib.Path(sys.argv.pop()).resolve()
TEXTS = bench_path.TOP / "bench" / "data" / "test_2016_flickr.en"
DEMO = bench_path.TOP / "models" / "demo"


class LoadProgramTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = programs.Server(BUILD, f"--models=demo={DEMO}",
                                     "--threads=1")

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()

    def load(self, *flags):
        return programs.json_lines([
            BUILD / "bin" / "parley-load", f"--server={self.server.address}",
            f"--texts={TEXTS}", "--model=demo", "--target_language=de",
            "--num_beams=1", *flags])[-1]

    def check_sums(self, report):
        self.assertEqual(
            report["sent"], report["answered"] + report["rejected"]
            + report["cancelled"] + sum(report["errors"].values()))

    def test_closed_loop_to_the_last_text(self):
        report = self.load("--num_texts=21", "--texts_per_call=2",
                           "--in_flight=3", "--connections=2",
                           "--return_tokens")
        self.assertEqual(report["sent"], 11)
        self.assertEqual(report["texts"], 21)
        self.assertEqual(report["answered"], 11)
        self.assertEqual(report["errors"], {})
        self.assertGreater(report["tokens"], 21)
        self.assertGreater(report["target_tokens"], 21)
        self.assertGreater(report["server_compute"]["p50"], 0)
        self.assertGreater(self.server.cpu_seconds(), 0)
        self.check_sums(report)

    def test_open_loop_sends_what_is_offered(self):
        report = self.load("--rate=30", "--duration=1s", "--warm_up=0.2s",
                           "--paragraph_share=0.2", "--seed=3")
        # Poisson's spread around 30.
        self.assertGreater(report["sent"], 5)
        self.assertLess(report["sent"], 80)
        self.assertEqual(report["offered_calls_per_second"], 30)
        self.check_sums(report)

    def test_cancelled_calls_end(self):
        report = self.load("--num_texts=30", "--cancel_share=1",
                           "--cancel_within=5ms")
        self.assertEqual(report["sent"], 30)
        self.assertEqual(report["errors"], {})
        self.check_sums(report)

    def test_errors_are_counted_by_code(self):
        report = self.load("--num_texts=3", "--target_language=xx")
        self.assertEqual(report["errors"], {"INVALID_ARGUMENT": 3})

    def test_wrong_flags_are_said(self):
        with self.assertRaisesRegex(programs.ProgramError, "priority"):
            self.load("--priority=urgent")
        with self.assertRaisesRegex(programs.ProgramError, "no texts in"):
            self.load("--texts=/dev/null")


if __name__ == "__main__":
    unittest.main()
