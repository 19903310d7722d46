"""SIGTERM under streams: whatever was accepted is answered."""

import collections
import signal
import threading
import time

import leaving
from scene import CALL_SECONDS, connect, say

PART = "SIGTERM under streams of translations"
_TEXTS = 3  # Of a stream, or requests of a bidirectional one.
# Calls that were sent this long before the signal have reached the server.
_REACHED_SECONDS = 0.05
_UNAVAILABLE = 14
DRAIN_FLAGS = ("--drain_delay=300ms", "--drain_timeout=60s",
               "--max_concurrent_requests=4096")


class Lost(Exception):
    """An answer that is not whole, or none where there must be one."""


class Refused(Exception):
    """Requests of a stream came too late; those before were answered."""


class Caller(threading.Thread):
    """Calls again and again until the server takes no more."""

    def __init__(self, scene, server, number):
        super().__init__()
        self.scene, self.number = scene, number
        self.channel = connect(server)
        self.stub = scene.translation(self.channel)
        self.texts = scene.texts(60)[number % 50:][:_TEXTS]
        self.num_answered = 0
        self.sent = 0.0  # When the last call was.
        self.has_begun = threading.Event()
        self.end = None  # The code that ended it.
        self.details = ""
        self.was_answered_partly = False  # Its last call, which is one answer.
        self.lost = ""

    def run(self):
        import grpc

        call = self.unary_stream if self.number % 2 else self.both_stream
        try:
            while True:
                self.sent = time.monotonic()
                self.was_answered_partly = False
                call()
                self.num_answered += 1
                self.has_begun.set()
        except grpc.RpcError as error:
            self.end = error.code()
            self.details = error.details()
        except Refused as error:
            self.end, self.details = grpc.StatusCode.UNAVAILABLE, str(error)
        except Lost as error:
            self.lost = str(error)
        finally:
            self.has_begun.set()
            self.channel.close()

    def unary_stream(self):
        """Deltas, then the whole; they say the same."""
        told, response = collections.defaultdict(str), None
        for event in self.stub.TranslateStream(
                self.scene.translate_request(self.texts),
                timeout=CALL_SECONDS):
            self.was_answered_partly = True
            if event.HasField("delta"):
                told[event.delta.index] += event.delta.text
            else:
                response = event.response
        if response is None or len(response.results) != len(self.texts):
            raise Lost("a stream ended without its response")
        for index, result in enumerate(response.results):
            if told[index].strip() != result.hypotheses[0].text.strip():
                raise Lost(f"told {told[index]!r}, then "
                           f"{result.hypotheses[0].text!r}")

    def both_stream(self):
        """A corpus: as many answers as requests, in order."""
        messages = self.scene.stubs.translation
        requests = [messages.TranslateBatchStreamRequest(
            id=str(i), request=self.scene.translate_request([text]))
            for i, text in enumerate(self.texts)]
        answers = []
        for answer in self.stub.TranslateBatchStream(
                iter(requests), timeout=CALL_SECONDS):
            answers.append(answer)
        if any(answer.status.code == _UNAVAILABLE for answer in answers):
            raise Refused(answers[-1].status.message)
        if [answer.id for answer in answers] != [r.id for r in requests]:
            raise Lost(f"{len(answers)} of {len(requests)} were answered")
        if any(answer.status.code for answer in answers):
            raise Lost(f"one was answered with {answers[0].status}")


def problem(caller, signalled):
    """Why a call was lost, or ""."""
    import grpc

    if caller.lost:
        return caller.lost
    if caller.end != grpc.StatusCode.UNAVAILABLE:
        return f"ended with {caller.end}: {caller.details}"
    if caller.was_answered_partly:
        return f"ended amid its answers: {caller.details}"
    if caller.sent < signalled - _REACHED_SECONDS:
        return f"was in, and refused: {caller.details}"
    return ""


def drain_once(scene):
    """Returns the callers and what was lost; the server ends as it should."""
    with scene.server(*DRAIN_FLAGS) as server:
        callers = [Caller(scene, server, number)
                   for number in range(scene.counts.streams)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.has_begun.wait(CALL_SECONDS)
        time.sleep(scene.rng.uniform(0, 0.5))
        signalled = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        for caller in callers:
            caller.join(CALL_SECONDS)
        code = server.process.wait(timeout=CALL_SECONDS)
    problems = [f"caller {caller.number} {text}" for caller in callers
                if (text := problem(caller, signalled))]
    if code != 0:
        problems.append(f"the server ended with {code}")
    return callers, problems


def run(scene):
    say(PART)
    with scene.server() as server:
        if not leaving.has_streams(scene, server):
            scene.add(PART, "streams", "not known to this server", False)
            return
    counts = scene.counts
    num_answered, problems = 0, []
    for number in range(counts.drains):
        callers, found = drain_once(scene)
        num_answered += sum(caller.num_answered for caller in callers)
        problems += found
        if found or (number + 1) % 10 == 0:
            say(f"  {number + 1} of {counts.drains}: "
                f"{found[:3] or 'none lost'}")
    scene.add(PART, f"{counts.drains} times under {counts.streams} streams",
              f"{num_answered} calls answered; lost: "
              f"{len(problems)} {problems[:3] if problems else ''}".strip(),
              not problems)
