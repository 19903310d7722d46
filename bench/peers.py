"""The settings that peers are measured at, and the processes that run them."""

import contextlib
import functools
import sys

import programs

BENCH = programs.ROOT / "bench"

# What CTranslate2 multiplies with. Packed weights are MKL's, and experimental.
_CTRANSLATE2_BACKENDS = {
    "MKL": {"CT2_USE_MKL": "1"},
    "MKL packed": {"CT2_USE_MKL": "1",
                   "CT2_USE_EXPERIMENTAL_PACKED_GEMM": "1"},
    "oneDNN": {"CT2_USE_MKL": "0"},
}


@functools.cache
def ctranslate2_types(precision):
    """CTranslate2's compute types for a precision that this processor has.

    "int8" alone is another word for the int8 type with the model's own floats.
    """
    import ctranslate2
    wanted = {"f32": ["float32"], "bf16": ["bfloat16"],
              "int8": ["int8_float32", "int8_bfloat16"]}[precision]
    supported = ctranslate2.get_supported_compute_types("cpu")
    return [name for name in wanted if name in supported]


def note_refusals(session):
    for precision in session.precisions:
        if not ctranslate2_types(precision):
            session.results.notes.append(
                f"CTranslate2 has no {precision} on this processor")


def layouts(threads):
    """(workers, threads of each): all threads in one, or one in each."""
    return sorted({(1, threads), (threads, 1)})


def ctranslate2_settings(session, precision):
    """name: (arguments, environment) of each of CTranslate2's settings."""
    backends = dict(_CTRANSLATE2_BACKENDS)
    if session.scale == "quick":
        del backends["MKL packed"]
    return {
        f"CTranslate2 {compute_type}, {workers} x {threads}, {backend}": (
            [f"--compute_type={compute_type}", f"--workers={workers}",
             f"--threads={threads}"], {**environment, **session.isa.peers})
        for compute_type in ctranslate2_types(precision)
        for workers, threads in layouts(session.threads)
        for backend, environment in backends.items()
    }


class Pool(contextlib.AbstractContextManager):
    """Starts a peer's process when it is first asked; ends all at its end."""

    def __init__(self, session, script, arguments):
        self.session = session
        self.command = [sys.executable, BENCH / script, *arguments]
        self.started = {}

    def ask(self, name, setting, **request):
        if name not in self.started:
            arguments, environment = setting
            log = self.session.work / "peer.log"
            self.started[name] = programs.Peer(
                self.command + arguments, environment,
                log.with_name(f"peer-{len(self.started)}.log"))
        return self.started[name].ask(**request)

    def __exit__(self, *_):
        for peer in self.started.values():
            peer.close()
