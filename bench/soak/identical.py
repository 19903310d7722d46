"""The same text, the same bits: alone, in random company, among callers."""

import concurrent.futures

from scene import CALL_SECONDS, connect, say

PART = "identical results"
# Of every text: which of these it is translated with.
OPTIONS = (
    {"num_beams": 4},
    {"num_beams": 1},
    {"num_beams": 8, "num_hypotheses": 2},
    {"num_beams": 1, "do_sample": True, "seed": 42},
)
_MIX_CALLS = 16  # Under way at a time.
_MAX_TEXTS = 12  # Of a call.


class Asker:
    """Asks one server over one connection."""

    def __init__(self, scene, channel, options):
        self.scene, self.options = scene, options
        self.translation = scene.translation(channel)
        self.embedding = scene.embedding(channel)

    def translate(self, texts, kind):
        """All of each result, as bytes: tokens, ids, scores, and the rest."""
        request = self.scene.translate_request(
            texts, return_tokens=True, **self.options[kind])
        request.call.no_cache = True
        response = self.translation.Translate(request, timeout=CALL_SECONDS)
        return [result.SerializeToString(deterministic=True)
                for result in response.results]

    def embed(self, texts):
        request = self.scene.stubs.embedding.EmbedRequest(
            model="minilm", texts=texts)
        request.call.no_cache = True
        response = self.embedding.Embed(request, timeout=CALL_SECONDS)
        return [result.SerializeToString(deterministic=True)
                for result in response.results]

    def ask(self, job, texts):
        """job: (kind or None for vectors, indices into texts)."""
        kind, indices = job
        chosen = [texts[i] for i in indices]
        answers = (self.embed(chosen) if kind is None
                   else self.translate(chosen, kind))
        return [((kind, i), answer) for i, answer in zip(indices, answers)]


def options_of(scene, server):
    """Those that the server knows: sampling came later than beams."""
    import grpc

    with connect(server) as channel:
        asker = Asker(scene, channel, OPTIONS)
        try:
            asker.translate(["A dog."], len(OPTIONS) - 1)
        except grpc.RpcError:
            scene.add(PART, "sampling", "not known to this server", False)
            return OPTIONS[:-1]
    return OPTIONS


def jobs_alone(count, num_kinds):
    return [(kind, [i]) for i in range(count)
            for kind in (i % num_kinds, None)]


def jobs_mixed(count, num_kinds, rng):
    """All texts in calls of random sizes, in no order."""
    jobs = []
    for kind in [*range(num_kinds), None]:
        indices = [i for i in range(count)
                   if kind is None or i % num_kinds == kind]
        rng.shuffle(indices)
        while indices:
            size = rng.randint(1, _MAX_TEXTS)
            jobs.append((kind, indices[:size]))
            indices = indices[size:]
    rng.shuffle(jobs)
    return jobs


def ask_all(scene, server, jobs, texts, options, num_callers):
    """Everything from `num_callers` at a time, each over its connection."""
    found = {}
    channels = [connect(server) for _ in range(num_callers)]
    askers = [Asker(scene, channel, options) for channel in channels]

    def work(number):
        return [asked for job in jobs[number::num_callers]
                for asked in askers[number].ask(job, texts)]

    with concurrent.futures.ThreadPoolExecutor(num_callers) as pool:
        for answers in pool.map(work, range(num_callers)):
            found.update(answers)
    for channel in channels:
        channel.close()
    return found


def differences(alone, found):
    """Keys whose answers differ, or are missing."""
    return [key for key, answer in alone.items() if found.get(key) != answer]


def add(scene, what, alone, found):
    """found: the answers of several runs."""
    different = [key for answers in found
                 for key in differences(alone, answers)]
    total = len(alone) * len(found)
    scene.add(PART, what, f"{total - len(different)} of {total} results are "
              "the same bytes" +
              (f"; different: {different[:5]}" if different else ""),
              not different)


def run(scene):
    say(PART)
    count = scene.counts.texts
    texts = scene.texts(count)
    with scene.server() as server:
        options = options_of(scene, server)
        num_kinds = len(options)
        alone = ask_all(scene, server, jobs_alone(count, num_kinds), texts,
                        options, 1)
        scene.add(PART, "texts alone",
                  f"{count} translated and embedded", len(alone) == 2 * count)
        mixes = [jobs_mixed(count, num_kinds, scene.rng)
                 for _ in range(scene.counts.mixes)]
        add(scene, f"in {len(mixes)} random mixes", alone, [
            ask_all(scene, server, jobs, texts, options, _MIX_CALLS)
            for jobs in mixes])
        jobs = jobs_alone(count, num_kinds)
        scene.rng.shuffle(jobs)
        add(scene, f"among {scene.counts.callers} callers", alone, [
            ask_all(scene, server, jobs, texts, options,
                    scene.counts.callers)])
