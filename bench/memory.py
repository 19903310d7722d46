"""Resident memory of the real server over many requests of random lengths."""

import json
import os
import statistics
import subprocess
import tempfile

import programs
import targets
from figures import Check, Curve
from rounds import progress

# Method: (words of a text at most, further flags of the load).
METHODS = {
    "embed": (20, ["--embedding_share=1", "--embedding_model=minilm",
                    "--texts_per_call=8"]),
    "translate": (20, ["--model=demo", "--target_language=de",
                       "--texts_per_call=4"]),
}
FILLING_TEXTS = 2000


def num_texts(session):
    return {"embed": session.by_scale(1_000, 5_000, 1_000_000),
            "translate": session.by_scale(200, 1_500, 100_000)}


def load(session, server, method, count, *flags):
    """Words of the command that sends so many texts."""
    return [session.program("parley-load"), f"--server={server.address}",
            f"--texts={programs.CAPTIONS}", f"--num_texts={count}",
            "--deadline=5m",
            *METHODS[method][1], *flags]


def fill(session, server, method):
    """Longer texts than those measured, all places taken: a pool of a bounded
    size, of which ever more would be touched later, has been used by then."""
    max_words, _ = METHODS[method]
    programs.run(load(session, server, method, FILLING_TEXTS,
                      f"--min_words={2 * max_words}",
                      f"--max_words={2 * max_words}", "--in_flight=64"))


def soak(session, server, method, count):
    """Requests until `count` are answered; (answered, resident bytes) as it
    went."""
    max_words, _ = METHODS[method]
    fill(session, server, method)
    command = load(session, server, method, count, f"--max_words={max_words}")
    samples = []
    with tempfile.TemporaryFile("w+") as log, subprocess.Popen(
            [str(word) for word in command], stdout=subprocess.PIPE,
            stderr=log, text=True, env=os.environ) as client:
        for line in client.stdout:
            state = json.loads(line)
            if state.get("errors"):
                raise programs.ProgramError(f"calls failed: {line.strip()}")
            texts = state["texts"]
            samples.append((texts, server.resident_bytes()))
            if len(samples) % 60 == 0:
                progress(f"  {method}: {texts} of {count}")
        if client.wait() != 0:
            log.seek(0)
            raise programs.ProgramError(f"parley-load: {log.read().strip()}")
    return samples


def growth(samples):
    """Resident at the end over that after the first tenth of the requests.

    Each is a median of several samples: memory that is taken for a moment is
    no growth.
    """
    total = samples[-1][0]
    after_tenth = [rss for done, rss in samples if done >= total / 10]
    few = max(1, len(after_tenth) // 10)
    return (statistics.median(after_tenth[-few:])
            / statistics.median(after_tenth[:few]))


def add(session, check, part, method, samples):
    check.value = growth(samples)
    session.results.checks.append(Check(
        part, check.cell, "resident at the end", samples[-1][1] / 2 ** 20,
        "MB"))
    session.results.curves.append(Curve(
        part, f"resident memory, {method}", "texts answered", "MB",
        [done for done, _ in samples],
        {"parley-server": [rss / 2 ** 20 for _, rss in samples]}))


def run(session):
    program = session.program("parley-server")
    wanted = ("f32",) if session.scale == "quick" else ("f32", "int8")
    for precision in (p for p in wanted if p in session.precisions):
        for method, count in num_texts(session).items():
            part = session.part(f"memory, {method}", precision)
            progress(part)
            check = Check(
                part, f"{count} texts of 1 to {METHODS[method][0]} words",
                "resident at the end over that after a tenth",
                target=targets.MEMORY_GROWTH, at_most=True)
            session.results.checks.append(check)
            try:
                with programs.Server(
                        session.build,
                        f"--models=minilm={session.minilm},"
                        f"demo={programs.ROOT / 'models' / 'demo'}",
                        f"--threads={session.threads}",
                        *session.precision_flag(program, precision)
                        ) as server:
                    add(session, check, part, method,
                        soak(session, server, method, count))
            except programs.ProgramError as error:
                check.missing = str(error)
