"""What all parts of a soak share: the server, callers, counts and findings."""

import dataclasses
import pathlib
import random
import sys
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import programs  # noqa: E402

DEMO = programs.ROOT / "models" / "demo"
MINILM = programs.ROOT / ".deps" / "models" / "all-MiniLM-L6-v2"
# Calls that nobody cancels, and all that waits for them, are given as long as
# they take.
CALL_SECONDS = 900
PATIENCE = "--max_queue_delay=15m"
# How long what is left of calls may take to leave the server.
SETTLE_SECONDS = 2.0
# What is zero where nobody asks for anything.
GAUGES = ("parley_requests_in_flight", "parley_streams_open",
          "parley_queue_tasks", "parley_active_tasks", "parley_active_rows",
          "parley_kv_cache_blocks_used")


@dataclasses.dataclass
class Finding:
    """One line of the report."""

    part: str
    what: str
    value: str
    # None: said for information.
    is_good: object = None


@dataclasses.dataclass(frozen=True)
class Counts:
    cancelled_calls: int
    cancelled_streams: int
    killed_clients: int
    texts: int
    mixes: int
    callers: int
    drains: int
    streams: int
    embedded_texts: int
    translated_texts: int


FULL = Counts(cancelled_calls=8000, cancelled_streams=2000,
              killed_clients=1000, texts=1000, mixes=20, callers=64,
              drains=100, streams=64, embedded_texts=200_000,
              translated_texts=20_000)
QUICK = Counts(cancelled_calls=200, cancelled_streams=30, killed_clients=10,
               texts=40, mixes=2, callers=8, drains=2, streams=8,
               embedded_texts=0, translated_texts=0)


@dataclasses.dataclass
class Scene:
    build: pathlib.Path
    work: pathlib.Path  # A folder for what is made on the way.
    counts: Counts
    stubs: object
    findings: list = dataclasses.field(default_factory=list)
    rng: random.Random = dataclasses.field(
        default_factory=lambda: random.Random(6))

    def program(self, name):
        return self.build / "bin" / name

    def server(self, *flags, models=None):
        """Both models, on free ports for calls and metrics.

        Flags that an older server does not know are left out.
        """
        models = models or {"demo": DEMO, "minilm": MINILM}
        program = self.program("parley-server")
        known = [flag for flag in ("--metrics_port=0", PATIENCE, *flags)
                 if programs.has_flag(program, programs.name_of(flag))]
        names = ",".join(f"{name}={path}" for name, path in models.items())
        return programs.Server(self.build, f"--models={names}", *known)

    def add(self, part, what, value, is_good=None):
        self.findings.append(Finding(part, what, str(value), is_good))
        mark = {True: "ok", False: "FAILED", None: ""}[is_good]
        say(f"  {what}: {value} {mark}")

    def texts(self, count):
        """Captions, every tenth a paragraph of several."""
        captions = programs.CAPTIONS.read_text().splitlines()
        return [" ".join(captions[(i + k) % len(captions)] for k in range(4))
                if i % 10 == 0 else captions[i % len(captions)]
                for i in range(count)]

    def translation(self, channel):
        return self.stubs.translation_grpc.TranslationServiceStub(channel)

    def embedding(self, channel):
        return self.stubs.embedding_grpc.EmbeddingServiceStub(channel)

    def translate_request(self, texts, **options):
        messages = self.stubs.translation
        return messages.TranslateRequest(
            model="demo", texts=texts, target_language="de",
            options=messages.TranslateOptions(**options))


def say(text):
    print(text, file=sys.stderr, flush=True)


def connect(server):
    """A connection of its own; channels would share one otherwise."""
    import grpc

    return grpc.insecure_channel(server.address, options=[
        ("grpc.use_local_subchannel_pool", 1), ("grpc.enable_retries", 0),
        ("grpc.enable_http_proxy", 0)])


def read_metrics(server):
    """Name to the sum over all labels; {} where the server has none."""
    address = server.addresses.get("metrics")
    if address is None:
        return {}
    with urllib.request.urlopen(f"http://{address}/metrics",
                                timeout=30) as page:
        return parse_metrics(page.read().decode())


def parse_metrics(text):
    sums = {}
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        # Labels may hold spaces; a time stamp would follow the value.
        head, _, tail = line.rpartition("}")
        name = (head or line).split("{")[0].split()[0]
        value = tail.split()[0] if head else line.split()[1]
        sums[name] = sums.get(name, 0.0) + float(value)
    return sums


def seconds_to_zero(server, limit=30.0):
    """Until every gauge is zero: (seconds, those that are not, how many were
    looked at)."""
    start = time.monotonic()
    while True:
        metrics = read_metrics(server)
        gauges = {name: metrics[name] for name in GAUGES if name in metrics}
        above = {name: value for name, value in gauges.items() if value != 0}
        seconds = time.monotonic() - start
        if not above or seconds > limit:
            return seconds, above, len(gauges)
        time.sleep(0.02)


def add_settled(scene, part, server):
    seconds, above, looked_at = seconds_to_zero(server)
    if looked_at == 0:
        scene.add(part, "gauges back to zero", "no metrics to be read", False)
        return
    scene.add(part, f"{looked_at} gauges back to zero after",
              f"{seconds:.2f} s" + (f", but {above}" if above else ""),
              not above and seconds <= SETTLE_SECONDS)
