"""Translates two captions with stubs that gRPC's own tools generate.

pip install grpcio grpcio-tools googleapis-common-protos
python3 -m grpc_tools.protoc -Iproto --python_out=build \
    --grpc_python_out=build proto/parley/v1/*.proto
PYTHONPATH=build python3 docs/examples/translate.py
"""

import os

import grpc
from parley.v1 import translation_pb2, translation_pb2_grpc

server = os.environ.get("PARLEY_SERVER", "127.0.0.1:8470")
with grpc.insecure_channel(server) as channel:
    stub = translation_pb2_grpc.TranslationServiceStub(channel)
    response = stub.Translate(
        translation_pb2.TranslateRequest(
            texts=["A man is riding a bike.", "Two dogs play in the snow."],
            target_language="de",
        ),
        timeout=60,
    )
for result in response.results:
    print(result.hypotheses[0].text)
