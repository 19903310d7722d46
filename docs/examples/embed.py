"""Embeds three sentences and prints how alike each two of them are.

pip install grpcio grpcio-tools googleapis-common-protos
python3 -m grpc_tools.protoc -Iproto --python_out=build \
    --grpc_python_out=build proto/parley/v1/*.proto
PYTHONPATH=build python3 docs/examples/embed.py
"""

import itertools
import os
import struct

import grpc
from parley.v1 import embedding_pb2, embedding_pb2_grpc

texts = [
    "A dog runs on the beach.",
    "A puppy is playing by the sea.",
    "Interest rates rose again.",
]
server = os.environ.get("PARLEY_SERVER", "127.0.0.1:8470")
with grpc.insecure_channel(server) as channel:
    stub = embedding_pb2_grpc.EmbeddingServiceStub(channel)
    response = stub.Embed(
        embedding_pb2.EmbedRequest(texts=texts), timeout=60
    )
# Little-endian f32; numpy.frombuffer(result.vector, "<f4") does the same.
vectors = [
    struct.unpack(f"<{result.dimensions}f", result.vector)
    for result in response.results
]
for (text, a), (other, b) in itertools.combinations(zip(texts, vectors), 2):
    # The vectors of this model are of unit length: their product is the cosine.
    cosine = sum(x * y for x, y in zip(a, b))
    print(f"{cosine:.2f}  {text} | {other}")
