"""From start to ready, what is resident then, and what an idle server takes: a
model of OPUS-MT's base size in int8, as the hub has it and converted."""

import functools
import json
import shutil
import statistics
import time

import load_program
import programs
import random_marian
import targets
from figures import Check
from rounds import progress

POOL_MB = 64
DEMO = programs.ROOT / "models" / "demo"


def make_model(session):
    """The random model with tokenizer files, so that a server takes it.

    They are the demo's, whose vocabulary is filled up to the model's size. Its
    start token moves to the end, where the model has it.
    """
    folder = session.work / "opus-mt-base-served"
    if (folder / "config.json").exists():
        return folder
    model = random_marian.make_model(session.work / "opus-mt-base-random")
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("source.spm", "target.spm"):
        shutil.copy(DEMO / name, folder)
    words = json.loads((DEMO / "vocab.json").read_text())
    del words["<pad>"]
    size = random_marian.CONFIG["vocab_size"]
    for i in range(len(words), size - 1):
        words[f"filler{i}"] = i
    words["<pad>"] = size - 1
    (folder / "vocab.json").write_text(json.dumps(words))
    weights = folder / "model.safetensors"
    weights.unlink(missing_ok=True)
    weights.hardlink_to(model / "model.safetensors")
    # Last, for it marks the directory as complete.
    shutil.copy(model / "config.json", folder)
    return folder


def convert(session, model, precision):
    """What `parley convert` makes of it; an error where it does not."""
    folder = session.work / f"{model.name}-{precision}"
    shutil.rmtree(folder, ignore_errors=True)
    programs.run([session.program("parley"), "convert", model, folder,
                  f"--compute_type={precision}"])
    return folder


@functools.cache
def weight_bytes(precision):
    """Of the model's tensors at a precision: norms and biases are few."""
    import numpy as np
    arrays = random_marian.tensors(np.random.default_rng(1))
    count = sum(array.size for _, array in arrays)
    return count * {"f32": 4, "bf16": 2, "int8": 1}[precision]


def serve(session, model, precision):
    program = session.program("parley-server")
    return programs.Server(
        session.build, f"--models=base={model}", f"--kv_cache_mb={POOL_MB}",
        f"--threads={session.threads}",
        *session.precision_flag(program, precision))


def start(session, model, precision):
    """(seconds to the ready line, bytes resident then)."""
    with serve(session, model, precision) as server:
        return server.seconds_to_ready, server.resident_bytes()


def idle_share(session, model, precision):
    """Of one core, by a server that has answered and is not called."""
    seconds = session.by_scale(2, 10, 30)
    with serve(session, model, precision) as server:
        load_program.Load(session, {
            "texts": programs.CAPTIONS, "model": "base",
            "target_language": "de", "max_new_tokens": 20}).run(
                server, seconds=2, in_flight=2)
        before = server.cpu_seconds()
        time.sleep(seconds)
        return (server.cpu_seconds() - before) / seconds


def measure(session, form, prepare, precision):
    part = session.part("start", precision)
    progress(f"{part}, {form}")
    checks = [
        Check(part, form, "from start to ready", unit="s", at_most=True),
        Check(part, form, "resident, over what is allowed", unit="x",
              at_most=True),
        Check(part, form, "resident after load", unit="MB"),
        Check(part, form, "of a core, when idle", unit="share",
              target=targets.IDLE_SHARE, at_most=True)]
    if precision == "int8":
        checks[0].target = targets.START_SECONDS
        checks[1].target = 1.0
    try:
        model = prepare()
        start(session, model, precision)  # Files are in the cache from now on.
        runs = [start(session, model, precision)
                for _ in range(session.by_scale(2, 5, 5))]
        resident = statistics.median(rss for _, rss in runs)
        allowed = (targets.RESIDENT_FACTOR * weight_bytes(precision)
                   + (POOL_MB << 20) + targets.RESIDENT_MORE)
        checks[0].value = statistics.median(s for s, _ in runs)
        checks[1].value = resident / allowed
        checks[2].value = resident / 2 ** 20
        checks[3].value = idle_share(session, model, precision)
    except programs.ProgramError as error:
        for check in checks:
            check.missing = str(error)
    session.results.checks += checks


def run(session):
    model = make_model(session)
    for precision in ("f32", "int8"):
        measure(session, "as the hub has it", lambda: model, precision)
    measure(session, "converted", functools.partial(
        convert, session, model, "int8"), "int8")
