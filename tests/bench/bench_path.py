"""Lets tests import the modules of bench/; import it before them."""

import pathlib
import sys

sys.dont_write_bytecode = True
TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TOP / "bench"), str(TOP / "bench" / "peers"),
                str(TOP / "bench" / "soak")]
