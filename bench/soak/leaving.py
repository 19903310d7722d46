"""Callers who leave: calls cancelled at random phases, clients killed."""

import json
import os
import signal
import subprocess
import threading
import time

import programs
import targets
from scene import (CALL_SECONDS, add_settled, connect,
                   read_metrics, say, seconds_to_zero)

PART = "leaving"
_CLIENTS_AT_A_TIME = 16
_STREAM_THREADS = 8


def load_flags(scene, server):
    return [scene.program("parley-load"), f"--server={server.address}",
            f"--texts={programs.CAPTIONS}", "--model=demo",
            "--target_language=de",
            "--embedding_model=minilm", "--embedding_share=0.3",
            "--paragraph_share=0.2", "--texts_per_call=2",
            "--deadline=15m"]


def call(scene, server, count, *flags):
    """Returns the generator's report: every call ended, and how."""
    return programs.json_lines([
        *load_flags(scene, server), "--connections=16", "--in_flight=64",
        f"--num_texts={2 * count}", *flags])[-1]


def cancel_calls(scene, server, count, within):
    return call(scene, server, count, "--cancel_share=1",
                f"--cancel_within={within}s")


def cancel_streams(scene, server, count, within):
    """Streams that are left before or amid their events; those that ended by
    themselves first, and those that ended otherwise than by us."""
    import grpc

    ended, wrong = [], []
    texts = scene.texts(200)
    phases = [scene.rng.uniform(0, within) for _ in range(count)]

    def leave(number):
        with connect(server) as channel:
            stub = scene.translation(channel)
            for index in range(number, count, _STREAM_THREADS):
                request = scene.translate_request(
                    [texts[(index + k) % 200] for k in range(3)])
                stream = stub.TranslateStream(request, timeout=CALL_SECONDS)
                timer = threading.Timer(phases[index], stream.cancel)
                timer.start()
                try:
                    for _ in stream:
                        pass
                    ended.append(index)
                except grpc.RpcError as error:
                    if error.code() != grpc.StatusCode.CANCELLED:
                        wrong.append(f"{error.code()}: {error.details()}")
                timer.cancel()

    threads = [threading.Thread(target=leave, args=(number,))
               for number in range(_STREAM_THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(ended), wrong


def kill_clients(scene, server, count):
    """Processes with calls under way, ended by SIGKILL at a random time."""
    command = [str(word) for word in load_flags(scene, server)] + [
        "--connections=2", "--in_flight=8", "--duration=1h"]
    alive = []

    def kill_oldest():
        process, due = alive.pop(0)
        time.sleep(max(0, due - time.monotonic()))
        process.send_signal(signal.SIGKILL)
        process.wait()

    for number in range(count):
        if len(alive) == _CLIENTS_AT_A_TIME:
            kill_oldest()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL,
                                   env=dict(os.environ))
        alive.append((process,
                      time.monotonic() + scene.rng.uniform(0.05, 0.6)))
        if (number + 1) % 100 == 0:
            say(f"  {number + 1} of {count} clients")
    while alive:
        kill_oldest()


def has_streams(scene, server):
    import grpc

    with connect(server) as channel:
        try:
            for _ in scene.translation(channel).TranslateStream(
                    scene.translate_request(["A dog."]), timeout=60):
                pass
        except grpc.RpcError as error:
            if error.code() == grpc.StatusCode.UNIMPLEMENTED:
                return False
            raise
    return True


def add_growth(scene, what, before, after):
    scene.add(PART, f"resident memory {what}",
              f"{before / 2**20:.0f} MB to {after / 2**20:.0f} MB",
              after <= before * targets.LEAVING_GROWTH)


def run_cancelled(scene, server):
    counts = scene.counts
    few = max(counts.cancelled_calls // 10, 50)
    # As long as calls take: every phase of theirs is hit.
    within = call(scene, server, few)["latency"]["p90"]
    cancel_calls(scene, server, few, within)
    seconds_to_zero(server)
    before = server.resident_bytes()
    requests = read_metrics(server).get("parley_requests_total")
    report = cancel_calls(scene, server, counts.cancelled_calls, within)
    add_settled(scene, PART, server)
    scene.add(PART, "calls cancelled at random phases", json.dumps(
        {name: report[name] for name in
         ("sent", "cancelled", "answered", "rejected", "errors")}),
        not report["errors"] and report["sent"] == counts.cancelled_calls
        and report["sent"] == report["cancelled"] + report["answered"]
        + report["rejected"])
    if requests is not None:
        # A call that is cancelled before its request is read is no request.
        ended = read_metrics(server)["parley_requests_total"] - requests
        scene.add(PART, "calls that the server counted as ended",
                  f"{ended:.0f} of {report['sent']}",
                  ended <= report["sent"])
    if has_streams(scene, server):
        # Fewer texts are under way then, so each takes less time.
        done, wrong = cancel_streams(scene, server, counts.cancelled_streams,
                                     within / 4)
        add_settled(scene, PART, server)
        scene.add(PART, f"of {counts.cancelled_streams} streams, ended first",
                  f"{done}; otherwise than by us: {wrong[:3] or 'none'}",
                  not wrong)
    add_growth(scene, "over cancelled calls", before, server.resident_bytes())


def run_killed(scene, server):
    count = scene.counts.killed_clients
    kill_clients(scene, server, max(count // 10, 4))
    seconds_to_zero(server)
    before = server.resident_bytes()
    kill_clients(scene, server, count)
    add_settled(scene, PART, server)
    scene.add(PART, "clients killed", count, server.process.poll() is None)
    add_growth(scene, "over killed clients", before, server.resident_bytes())


def run(scene):
    say(PART)
    with scene.server() as server:
        run_cancelled(scene, server)
        run_killed(scene, server)
