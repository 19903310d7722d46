"""Runs torch, ONNX Runtime or CTranslate2 on the embedding benchmark's work.

Texts are sorted by length and padded batch by batch, as these libraries want
them; what is timed is the forward pass up to the last layer's output, without
pooling. Several workers are processes that take the batches, longest texts
first, as they become free. Prints a JSON line for each repetition, as
embedding_benchmark does.
"""

import argparse
import json
import multiprocessing
import pathlib
import sys
import time

import numpy as np

import bert_models


def pad(batch):
    """ids, mask: [batch, longest]."""
    longest = max(map(len, batch))
    ids = np.zeros((len(batch), longest), np.int64)
    mask = np.zeros_like(ids)
    for row, text in enumerate(batch):
        ids[row, :len(text)] = text
        mask[row, :len(text)] = 1
    return ids, mask


class Torch:
    def __init__(self, model, converted, threads):
        import torch
        import transformers
        self.torch = torch
        torch.set_num_threads(threads)
        self.bert = transformers.BertModel.from_pretrained(
            model, add_pooling_layer=False, attn_implementation="sdpa").eval()
        self.name = f"torch {torch.__version__}"

    def run(self, batch):
        ids, mask = (self.torch.from_numpy(array) for array in pad(batch))
        with self.torch.inference_mode():
            return self.bert(input_ids=ids, attention_mask=mask
                             ).last_hidden_state.numpy()


class OnnxRuntime:
    def __init__(self, model, converted, threads):
        import onnxruntime
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(
            str(converted / "onnxruntime.onnx"), options,
            providers=["CPUExecutionProvider"])
        # The optimizer narrows some inputs.
        self.types = {row.name: np.int32 if "int32" in row.type else np.int64
                      for row in self.session.get_inputs()}
        self.name = f"onnxruntime {onnxruntime.__version__}"

    def run(self, batch):
        ids, mask = pad(batch)
        inputs = {"input_ids": ids, "attention_mask": mask,
                  "token_type_ids": np.zeros_like(ids)}
        return self.session.run(None, {
            name: inputs[name].astype(dtype)
            for name, dtype in self.types.items()})[0]


class CTranslate2:
    def __init__(self, model, converted, threads):
        import ctranslate2
        self.encoder = ctranslate2.Encoder(
            str(converted / "ctranslate2"), compute_type="float32",
            inter_threads=1, intra_threads=threads)
        self.name = f"ctranslate2 {ctranslate2.__version__}"

    def run(self, batch):
        return np.asarray(self.encoder.forward_batch(batch).last_hidden_state)


ENGINES = {"torch": Torch, "onnxruntime": OnnxRuntime,
           "ctranslate2": CTranslate2}


def convert(engine, model, converted):
    converted.mkdir(parents=True, exist_ok=True)
    if engine == "ctranslate2":
        bert_models.to_ctranslate2(model, converted / "ctranslate2")
    elif engine == "onnxruntime":
        bert_models.to_onnx(model, converted / "onnxruntime.onnx")


def take(counter, batches):
    """Yields the batches that no other worker has taken."""
    while True:
        with counter.get_lock():
            index = counter.value
            counter.value += 1
        if index >= len(batches):
            return
        yield batches[index]


def work(args, batches, counter, barrier, connection):
    """One worker: warm up, then each repetition between two barriers."""
    engine = ENGINES[args.engine](args.model, args.converted, args.threads)
    for batch in batches:
        engine.run(batch)
    for _ in range(args.repetitions):
        barrier.wait()
        outputs = [engine.run(batch) for batch in take(counter, batches)]
        barrier.wait()
    connection.send((engine.name, outputs if args.output else None))


def split(texts, batch_size, workers):
    """Indices of the texts of each batch: longest first, as many for each."""
    order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
    num_batches = -(-len(texts) // batch_size)
    num_batches += -num_batches % workers
    size = -(-len(texts) // num_batches)
    return [order[begin:begin + size] for begin in range(0, len(texts), size)]


def mean_vectors(batches, outputs):
    """The unit mean of each text's tokens, texts in the order of `batches`."""
    for batch, output in zip(batches, outputs):
        for text, rows in zip(batch, output):
            mean = rows[:len(text)].astype(np.float64).mean(axis=0)
            yield mean / np.linalg.norm(mean)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=ENGINES, required=True)
    parser.add_argument("--model", type=pathlib.Path, required=True)
    parser.add_argument("--converted", type=pathlib.Path, required=True)
    parser.add_argument("--inputs", type=pathlib.Path, required=True)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch_size", type=int, default=32)
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--output", type=pathlib.Path,
                        help="file for the unit mean vectors (.npy), in the "
                             "order of the inputs; one worker only")
    args = parser.parse_args()

    convert(args.engine, args.model, args.converted)
    texts = [list(map(int, line.split()))
             for line in args.inputs.read_text().splitlines()]
    indices = split(texts, args.batch_size, args.workers)
    batches = [[texts[i] for i in batch] for batch in indices]
    context = multiprocessing.get_context("spawn")
    counter = context.Value("i", 0)
    barrier = context.Barrier(args.workers + 1)
    workers = []
    for _ in range(args.workers):
        ours, theirs = context.Pipe()
        process = context.Process(
            target=work, args=(args, batches, counter, barrier, theirs))
        process.start()
        workers.append((process, ours))
    num_tokens = sum(map(len, texts))
    for _ in range(args.repetitions):
        counter.value = 0
        barrier.wait()
        start = time.perf_counter()
        barrier.wait()
        seconds = time.perf_counter() - start
        print(json.dumps({"tokens": num_tokens, "seconds": seconds}),
              flush=True)
    answers = [connection.recv() for _, connection in workers]
    for process, _ in workers:
        process.join()
    print(f"{answers[0][0]}, {args.workers} x {args.threads}", file=sys.stderr)
    if args.output:
        vectors = np.array(list(mean_vectors(batches, answers[0][1])))
        unsorted = np.empty_like(vectors)
        unsorted[sum(indices, [])] = vectors
        np.save(args.output, unsorted)


if __name__ == "__main__":
    main()
