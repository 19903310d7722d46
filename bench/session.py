"""What all parts of a run share."""

import dataclasses
import pathlib

import programs
from figures import Results

PRECISIONS = ("f32", "int8", "bf16")


@dataclasses.dataclass(frozen=True)
class Isa:
    """Instructions that engines may use: what to put into their environment."""

    name: str
    ours: dict
    peers: dict


NATIVE = Isa("", {}, {})
# What each engine, and each library below it, obeys.
_ONLY_AVX2 = {"ONEDNN_MAX_CPU_ISA": "AVX2", "MKL_ENABLE_INSTRUCTIONS": "AVX2",
              "CT2_FORCE_CPU_ISA": "AVX2"}
AVX2 = Isa("AVX2 only", {"ONEDNN_MAX_CPU_ISA": "AVX2"}, _ONLY_AVX2)


@dataclasses.dataclass
class Session:
    build: pathlib.Path
    # For models and work that are made once and kept.
    work: pathlib.Path
    results: Results
    rounds: int = 5
    # "quick", "usual" or "full".
    scale: str = "usual"
    threads: int = 2
    precisions: tuple = PRECISIONS
    isa: Isa = NATIVE

    def program(self, name):
        return self.build / "bin" / name

    @property
    def environment(self):
        """Of our programs: threads wait as the server sets it for itself."""
        return {"GOMP_SPINCOUNT": "2000", **self.isa.ours}

    @property
    def minilm(self):
        return programs.ROOT / ".deps" / "models" / "all-MiniLM-L6-v2"

    def by_scale(self, quick, usual, full):
        return {"quick": quick, "usual": usual, "full": full}[self.scale]

    def part(self, name, precision):
        """The name of a part's block in the report."""
        more = f", {self.isa.name}" if self.isa.name else ""
        return f"{name}, {precision}{more}"

    def precision_flag(self, program, precision):
        """How one of our programs is told the precision."""
        if precision == "f32" and not programs.has_flag(program,
                                                        "compute_type"):
            return []
        return [f"--compute_type={precision}"]
