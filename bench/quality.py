"""What fewer bits cost: BLEU of the demo model, cosine of embeddings."""

import bleu
import programs
import serving
import targets
from figures import Check
from rounds import progress


def scores(session, precision, pairs, count):
    program = session.program("parley-server")
    with programs.Server(
            session.build, f"--models=demo={programs.ROOT / 'models/demo'}",
            f"--threads={session.threads}",
            *session.precision_flag(program, precision)) as server:
        return {pair: bleu.score(session, server, pair, count)
                for pair in pairs}


def run_bleu(session):
    pairs = session.by_scale(bleu.PAIRS[:1], bleu.PAIRS, bleu.PAIRS)
    count = session.by_scale(100, None, None)
    exact = None
    for precision in session.precisions:
        part = f"BLEU of the demo model, {precision}"
        progress(part)
        try:
            found = scores(session, precision, pairs, count)
        except programs.ProgramError as error:
            session.results.checks += [Check(
                part, pair, "lost to f32", unit="BLEU", at_most=True,
                target=targets.BLEU_LOSS, missing=str(error))
                for pair in pairs]
            continue
        exact = exact or found  # f32 comes first.
        for pair, value in found.items():
            what = "score" if count else (
                f"score (transformers, f32: {bleu.reference(pair):.2f})")
            session.results.checks.append(
                Check(part, pair, what, value, "BLEU"))
            if precision != "f32":
                session.results.checks.append(Check(
                    part, pair, "lost to f32", exact[pair] - value, "BLEU",
                    targets.BLEU_LOSS, at_most=True))


def run_cosine(session):
    """Over real sentences, as random ids have no meaning to keep."""
    import numpy as np

    work = serving.Work(session)
    program = session.program("embedding_benchmark")
    vectors = {}
    for precision in session.precisions:
        part = f"embeddings of all-MiniLM-L6-v2, {precision}"
        progress(part)
        path = session.work / f"quality_{precision}.npy"
        check = Check(part, f"{serving.NUM_TEXTS} captions",
                      "mean cosine to f32", unit="cosine",
                      target=targets.COSINE)
        try:
            programs.run([
                program, f"--model={session.minilm}", f"--inputs={work.ids}",
                f"--num_threads={session.threads}", "--repetitions=0",
                f"--output={path}",
                *session.precision_flag(program, precision)],
                session.environment)
            vectors[precision] = np.load(path)
            cosines = (vectors[precision] * vectors["f32"]).sum(axis=1)
            check.value = float(cosines.mean())
        except programs.ProgramError as error:
            check.missing = str(error)
        if precision == "f32":
            continue
        session.results.checks.append(check)
        if check.value is not None:
            session.results.checks.append(Check(
                part, check.cell, "least cosine to f32",
                float(cosines.min()), "cosine"))


def run(session):
    run_bleu(session)
    run_cosine(session)
