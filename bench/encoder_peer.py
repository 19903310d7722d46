"""Runs torch, ONNX Runtime or CTranslate2 on the embedding benchmark's work.

Texts are sorted by length and padded batch by batch, as these libraries want
them; what is timed is the forward pass up to the last layer's output, without
pooling. Several workers are processes that take the batches, longest texts
first, as they become free. Each JSON line that it reads names texts and a batch
size, and is answered with one that says how many tokens that were in how many
seconds.
"""

import argparse
import multiprocessing
import pathlib
import time

import numpy as np

import bert_models
import peer_loop

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
    def __init__(self, args):
        import torch
        import transformers
        self.torch = torch
        torch.set_num_threads(args.threads)
        self.bert = transformers.BertModel.from_pretrained(
            args.model, add_pooling_layer=False, attn_implementation="sdpa",
            dtype=getattr(torch, args.compute_type)).eval()

    def run(self, batch):
        ids, mask = (self.torch.from_numpy(array) for array in pad(batch))
        with self.torch.inference_mode():
            return self.bert(input_ids=ids, attention_mask=mask
                             ).last_hidden_state.float().numpy()


class OnnxRuntime:
    def __init__(self, args):
        import onnxruntime
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = args.threads
        options.inter_op_num_threads = 1
        model = args.converted / bert_models.ONNX_FILES[args.compute_type]
        self.session = onnxruntime.InferenceSession(
            str(model), options, providers=["CPUExecutionProvider"])
        # The optimizer narrows some inputs.
        self.types = {row.name: np.int32 if "int32" in row.type else np.int64
                      for row in self.session.get_inputs()}

    def run(self, batch):
        ids, mask = pad(batch)
        inputs = {"input_ids": ids, "attention_mask": mask,
                  "token_type_ids": np.zeros_like(ids)}
        return self.session.run(None, {
            name: inputs[name].astype(dtype)
            for name, dtype in self.types.items()})[0]


class CTranslate2:
    def __init__(self, args):
        import ctranslate2
        self.types = ctranslate2.DataType
        self.encoder = ctranslate2.Encoder(
            str(args.converted / "ctranslate2"),
            compute_type=args.compute_type, inter_threads=1,
            intra_threads=args.threads)

    def run(self, batch):
        states = self.encoder.forward_batch(batch).last_hidden_state
        return np.asarray(states.to(self.types.float32))


ENGINES = {"torch": Torch, "onnxruntime": OnnxRuntime,
           "ctranslate2": CTranslate2}


def take(counter, batches):
    """Yields the batches that no other worker has taken, with their indices."""
    while True:
        with counter.get_lock():
            index = counter.value
            counter.value += 1
        if index >= len(batches):
            return
        yield index, batches[index]


def work(args, counter, connection):
    """One worker: does what it is told, until the other end is closed."""
    try:
        engine = ENGINES[args.engine](args)
        known = {}  # Name of a work to its batches.
        connection.send("ready")
        while True:
            order, name, batches = connection.recv()
            if order == "prepare":
                known[name] = batches
                for batch in batches:
                    engine.run(batch)
                outputs = []
            else:
                outputs = [(index, engine.run(batch))
                           for index, batch in take(counter, known[name])]
            connection.send(outputs if order == "give" else "done")
    except EOFError:
        pass
    except Exception as error:  # Whatever an engine has to say.
        connection.send(error)


def split(texts, batch_size, workers):
    """Indices of the texts of each batch: longest first, as many for each."""
    order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
    num_batches = -(-len(texts) // batch_size)
    num_batches += -num_batches % workers
    size = -(-len(texts) // num_batches)
    return [order[begin:begin + size] for begin in range(0, len(texts), size)]


def unit_mean(rows):
    mean = rows.astype(np.float64).mean(axis=0)
    return mean / np.linalg.norm(mean)


class Peer:
    def __init__(self, args):
        bert_models.convert(args.engine, args.compute_type, args.model,
                            args.converted)
        context = multiprocessing.get_context("spawn")
        self.counter = context.Value("i", 0)
        self.connections, self.processes = [], []
        for _ in range(args.workers):
            ours, theirs = context.Pipe()
            self.processes.append(context.Process(
                target=work, daemon=True, args=(args, self.counter, theirs)))
            self.processes[-1].start()
            theirs.close()  # So that its end is seen here.
            self.connections.append(ours)
        self.listen()
        self.known = {}

    def close(self):
        for connection, process in zip(self.connections, self.processes):
            connection.close()
            process.join(timeout=10)

    def listen(self):
        answers = [connection.recv() for connection in self.connections]
        for answer in answers:
            if isinstance(answer, Exception):
                raise answer
        return answers

    def tell(self, *order):
        """Tells all workers; returns their answers."""
        for connection in self.connections:
            connection.send(order)
        return self.listen()

    def prepare(self, inputs, batch_size):
        """Returns the texts, and the indices of those of each batch."""
        work = (inputs, batch_size)
        if work not in self.known:
            texts = [list(map(int, line.split()))
                     for line in pathlib.Path(inputs).read_text().splitlines()]
            indices = split(texts, batch_size, len(self.connections))
            # Once unmeasured: memory is touched, clocks come up.
            self.tell("prepare", work,
                      [[texts[i] for i in batch] for batch in indices])
            self.known[work] = texts, indices
        return self.known[work]

    def measure(self, work, order="run"):
        """Returns the seconds, and what the workers answered."""
        self.counter.value = 0
        start = time.perf_counter()
        answers = self.tell(order, work, None)
        return time.perf_counter() - start, answers

    def write_vectors(self, work, path):
        """The unit mean of each text's tokens, in the order of the texts."""
        texts, indices = self.known[work]
        vectors = [None] * len(texts)
        for index, output in sum(self.measure(work, "give")[1], []):
            for i, rows in zip(indices[index], output):
                vectors[i] = unit_mean(rows[:len(texts[i])])
        np.save(path, np.array(vectors))

    def answer(self, inputs, batch_size, output=None):
        texts, _ = self.prepare(inputs, batch_size)
        work = (inputs, batch_size)
        seconds, _ = self.measure(work)
        if output:
            self.write_vectors(work, output)
        return {"tokens": sum(map(len, texts)), "seconds": seconds}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=ENGINES, required=True)
    parser.add_argument("--model", type=pathlib.Path, required=True)
    parser.add_argument("--converted", type=pathlib.Path, required=True)
    parser.add_argument("--compute_type", default="float32",
                        help="float32, bfloat16, int8, as the engine has it")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    peer = Peer(parser.parse_args())
    peer_loop.answer_all(peer.answer)
    peer.close()


if __name__ == "__main__":
    main()
