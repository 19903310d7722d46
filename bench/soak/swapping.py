"""Hot swaps under load: every call is answered, by one version."""

import collections
import json
import random
import shutil
import struct
import threading

from scene import CALL_SECONDS, DEMO, connect, say

PART = "hot swaps"
_CALLERS = 8
_TEXTS = 16
_PER_CALL = 3


def make_variant(folder):
    """The demo model with other biases of its tokens: other scores for all
    texts, other words for some."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(DEMO, folder)
    path = folder / "model.safetensors"
    data = bytearray(path.read_bytes())
    (size,) = struct.unpack("<Q", data[:8])
    row = json.loads(data[8:8 + size])["final_logits_bias"]
    begin, end = (8 + size + offset for offset in row["data_offsets"])
    kind, width = {"F16": ("e", 2), "F32": ("f", 4)}[row["dtype"]]
    count = (end - begin) // width
    noise = random.Random(1)
    old = struct.unpack(f"<{count}{kind}", data[begin:end])
    # What is never taken stays so.
    new = [bias if bias < -100 else bias + noise.uniform(-1, 1)
           for bias in old]
    data[begin:end] = struct.pack(f"<{count}{kind}", *new)
    path.write_bytes(data)
    return folder


class Caller(threading.Thread):
    """Translates the same texts again and again; keeps what each version has
    said of each text."""

    def __init__(self, scene, server, texts, number):
        super().__init__()
        self.scene, self.texts = scene, texts
        self.channel = connect(server)
        self.random = random.Random(number)
        self.is_over = threading.Event()
        self.num_calls = 0
        self.failures = []
        self.said = collections.defaultdict(set)  # (version, text): results

    def run(self):
        import grpc

        stub = self.scene.translation(self.channel)
        while not self.is_over.is_set():
            chosen = self.random.sample(range(len(self.texts)), _PER_CALL)
            try:
                response = stub.Translate(
                    request(self.scene, [self.texts[i] for i in chosen]),
                    timeout=CALL_SECONDS)
            except grpc.RpcError as error:
                self.failures.append(f"{error.code()}: {error.details()}")
                continue
            self.num_calls += 1
            for index, result in zip(chosen, response.results):
                self.said[response.model_version, index].add(
                    result.SerializeToString(deterministic=True))
        self.channel.close()


def request(scene, texts):
    made = scene.translate_request(texts, return_tokens=True, num_beams=2)
    made.call.no_cache = True
    return made


def expected(scene, directory, texts):
    """What a model says of each text, asked alone."""
    with scene.server(models={"demo": directory}) as server, \
            connect(server) as channel:
        stub = scene.translation(channel)
        return [stub.Translate(request(scene, [text]), timeout=CALL_SECONDS)
                .results[0].SerializeToString(deterministic=True)
                for text in texts]


def swap(scene, server, directories, count):
    """Version to the place of its directory; and what could not be swapped."""
    import grpc

    messages = scene.stubs.model
    versions, failures = {}, []
    with grpc.insecure_channel(server.addresses["admin"]) as channel:
        stub = scene.stubs.model_grpc.ModelServiceStub(channel)
        first = stub.GetModel(messages.GetModelRequest(model="demo"),
                              timeout=CALL_SECONDS)
        versions[first.version] = 0
        for number in range(1, count + 1):
            place = number % len(directories)
            try:
                model = stub.ReloadModel(messages.ReloadModelRequest(
                    model="demo", directory=str(directories[place])),
                    timeout=CALL_SECONDS)
                versions[model.version] = place
            except grpc.RpcError as error:
                failures.append(f"{error.code()}: {error.details()}")
            if number % 100 == 0:
                say(f"  {number} of {count} swaps")
    return versions, failures


def mixed(callers, versions, answers):
    """What a version has said that is not its model's."""
    wrong = []
    for caller in callers:
        for (version, index), results in caller.said.items():
            if version not in versions:
                wrong.append(f"no such version: {version!r}")
            elif results != {answers[versions[version]][index]}:
                wrong.append(f"version {version}, text {index}")
    return wrong


def run(scene):
    say(PART)
    directories = [DEMO, make_variant(scene.work / "demo-variant")]
    texts = scene.texts(_TEXTS)
    answers = [expected(scene, folder, texts) for folder in directories]
    if any(a == b for a, b in zip(*answers)):
        scene.add(PART, "two models", "do not differ on all texts", False)
        return
    count = scene.counts.swaps
    with scene.server(models={"demo": DEMO}) as server:
        if "admin" not in server.addresses:
            scene.add(PART, "admin port", "not known to this server", False)
            return
        callers = [Caller(scene, server, texts, number)
                   for number in range(_CALLERS)]
        for caller in callers:
            caller.start()
        before = server.resident_bytes()
        versions, failures = swap(scene, server, directories, count)
        after = server.resident_bytes()
        for caller in callers:
            caller.is_over.set()
        for caller in callers:
            caller.join()
    wrong = mixed(callers, versions, answers)
    failed = failures + [text for c in callers for text in c.failures]
    seen = {version for caller in callers for version, _ in caller.said}
    scene.add(PART, f"{count} swaps under {_CALLERS} callers",
              f"{sum(c.num_calls for c in callers)} calls, answered by "
              f"{len(seen)} versions; failed: {len(failed)} "
              f"{failed[:3] if failed else ''}".strip(), not failed)
    scene.add(PART, "answers that are not of the version that they name",
              f"{len(wrong)} {wrong[:3] if wrong else ''}".strip(), not wrong)
    scene.add(PART, "resident memory", f"{before / 2**20:.0f} MB to "
              f"{after / 2**20:.0f} MB")
