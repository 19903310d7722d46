"""The peer: CTranslate2 behind a gRPC server of Python, with the wire contract
of Parley, so that one load generator asks both.

Made to be as fast as such a server gets: tokenizing in the event loop is
microseconds a text, batches go straight to a worker of CTranslate2's that is
free, and no lock of the interpreter's is held while it computes. It splits
texts at sentences, drops sentences whose caller has left, and sorts what waits
by length.
"""

import argparse
import asyncio
import functools
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

import grpc
import sentencepiece

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import wire  # noqa: E402
from batcher import Batcher, Piece  # noqa: E402

_CONVERT = pathlib.Path(__file__).with_name("convert_model.py")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
_END = "</s>"


class Text:
    """A model's tokenizer files: MarianMT's way from text to tokens."""

    def __init__(self, model):
        words = json.loads((model / "vocab.json").read_text())
        self.ids = words
        self.pieces = sentencepiece.SentencePieceProcessor(
            model_file=str(model / "source.spm"))

    def sentences(self, text):
        return _SENTENCE_END.split(text.strip())

    def tokens(self, sentences, target_language):
        token = f">>{target_language}<<"
        prefix = [token] if target_language and token in self.ids else []
        return [prefix + pieces + [_END]
                for pieces in self.pieces.encode(sentences, out_type=str)]

    @staticmethod
    def text(tokens):
        return "".join(tokens).replace("▁", " ").strip()


def options_of(options, default_beams):
    """What sentences of one batch have in common."""
    num_beams = options.num_beams or default_beams
    return (num_beams, options.num_hypotheses or 1,
            options.max_new_tokens or 256, options.min_new_tokens or 1,
            options.length_penalty if options.HasField("length_penalty")
            else 1.0)


class Translation:
    """TranslationService.Translate; the other methods are not the peer's."""

    def __init__(self, args, stubs):
        # It imports torch where that is installed, and has no use for it here.
        sys.modules["torch"] = None
        import ctranslate2

        self.stubs = stubs
        self.text = Text(args.model)
        self.default_beams = json.loads(
            (args.model / "config.json").read_text()).get("num_beams", 4)
        subprocess.run([sys.executable, _CONVERT, args.model, args.converted],
                       check=True)
        self.translator = ctranslate2.Translator(
            str(args.converted), device="cpu", compute_type=args.compute_type,
            inter_threads=args.workers, intra_threads=args.threads)
        self.batcher = Batcher(self.compute, args.workers, args.max_batch,
                               args.max_batch_tokens, args.max_delay)

    def compute(self, sentences, options):
        beams, hypotheses, max_tokens, min_tokens, length_penalty = options
        return self.translator.translate_batch(
            sentences, beam_size=beams, num_hypotheses=hypotheses,
            max_decoding_length=max_tokens, min_decoding_length=min_tokens,
            length_penalty=length_penalty, return_scores=True)

    async def translate(self, request, context):
        start = time.monotonic()
        loop = asyncio.get_running_loop()
        options = options_of(request.options, self.default_beams)
        texts = [self.text.sentences(text) for text in request.texts]
        tokens = self.text.tokens([s for text in texts for s in text],
                                  request.target_language)
        futures, pieces = [], []
        for sentence in tokens:
            future = loop.create_future()
            futures.append(future)
            pieces.append(Piece(sentence, options, functools.partial(
                loop.call_soon_threadsafe, settle, future)))
        self.batcher.submit(pieces)
        try:
            results = await asyncio.gather(*futures)
        except asyncio.CancelledError:
            for piece in pieces:
                piece.is_abandoned = True
            raise
        except Exception as error:
            await context.abort(grpc.StatusCode.INTERNAL, str(error))
        return self.response(request, texts, pieces, results, start)

    def response(self, request, texts, pieces, results, start):
        messages = self.stubs.translation
        response = messages.TranslateResponse(model=request.model)
        place = 0
        for sentences in texts:
            own = slice(place, place + len(sentences))
            place += len(sentences)
            result = response.results.add()
            result.source_tokens = sum(
                len(piece.tokens) for piece in pieces[own])
            for rank in range(len(results[own][0].hypotheses)):
                parts = [r.hypotheses[rank] for r in results[own]]
                hypothesis = result.hypotheses.add()
                hypothesis.text = " ".join(map(self.text.text, parts))
                hypothesis.score = sum(
                    r.scores[rank] for r in results[own])
                if request.options.return_tokens:
                    tokens = [token for part in parts for token in part]
                    hypothesis.tokens.extend(tokens)
                    hypothesis.token_ids.extend(
                        self.text.ids.get(token, 0) for token in tokens)
        started = max(piece.started for piece in pieces)
        response.timing.queue.FromNanoseconds(int(1e9 * (started - start)))
        response.timing.compute.FromNanoseconds(
            int(1e9 * (time.monotonic() - started)))
        return response


def settle(future, result):
    if future.done():  # Its caller has left.
        return
    if isinstance(result, Exception):
        future.set_exception(result)
    else:
        future.set_result(result)


async def serve(args):
    stubs = wire.Stubs()
    translation = Translation(args, stubs)
    server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
    messages = stubs.translation
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(
        "parley.v1.TranslationService", {
            "Translate": grpc.unary_unary_rpc_method_handler(
                translation.translate,
                messages.TranslateRequest.FromString,
                messages.TranslateResponse.SerializeToString)})])
    port = server.add_insecure_port(f"127.0.0.1:{args.port}")
    await server.start()
    print(f"ctranslate2 ready: grpc 127.0.0.1:{port}, "
          f"{args.compute_type}, {args.workers} x {args.threads}", flush=True)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    await ended.wait()
    await server.stop(1)
    translation.batcher.close()
    # Not through the interpreter's own end, which grpc.aio may crash in.
    os._exit(0)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=pathlib.Path, required=True,
                        help="MarianMT directory with tokenizer files")
    parser.add_argument("--converted", type=pathlib.Path, required=True,
                        help="where CTranslate2's form of it is kept")
    parser.add_argument("--compute_type", default="float32")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2,
                        help="of each worker")
    parser.add_argument("--max_batch", type=int, default=64,
                        help="sentences of a batch at most")
    parser.add_argument("--max_batch_tokens", type=int, default=4096,
                        help="source tokens of a batch at most, padded")
    parser.add_argument("--max_delay", type=float, default=0.002,
                        help="seconds that a sentence waits for others")
    parser.add_argument("--port", type=int, default=0)
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
