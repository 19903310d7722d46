"""Translation under load over gRPC: saturation, latency, peers; overload.

Everything is on one machine: what the load generator takes is missing in the
server, ours and the peer's alike.
"""

import load_latency
import load_overload
import load_peers
import load_work


def run_latency(session):
    load_latency.run(session, load_work.Work(session))


def run_peers(session):
    load_peers.run(session, load_work.Work(session))


def run_overload(session):
    load_overload.run(session, load_work.Work(session))
