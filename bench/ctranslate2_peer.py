"""Runs CTranslate2 on the random model's weights and the benchmark's work.

Each JSON line that it reads names sources and how to translate them, and is
answered with one that says how many tokens that gave in how many seconds.
"""

import argparse
import json
import math
import pathlib
import time

import ctranslate2
import numpy as np
from ctranslate2.specs import common_spec, transformer_spec

import peer_loop
import random_marian


def positions(num_positions, width):
    """MarianMT's sinusoidal table: sines, then cosines."""
    angles = np.arange(num_positions)[:, None] / np.power(
        10000.0, 2.0 * np.arange(width // 2) / width)
    return np.concatenate([np.sin(angles), np.cos(angles)],
                          axis=1).astype(np.float32)


class SpecFiller:
    """Puts MarianMT's tensors where CTranslate2's specification has them."""

    def __init__(self, tensors, config):
        self.tensors = tensors
        self.config = config

    def tensor(self, name):
        return np.array(self.tensors[name], np.float32)

    def linear(self, spec, *names):
        spec.weight = np.concatenate(
            [self.tensor(name + ".weight") for name in names])
        spec.bias = np.concatenate(
            [self.tensor(name + ".bias") for name in names])

    def norm(self, spec, name):
        spec.gamma = self.tensor(name + ".weight")
        spec.beta = self.tensor(name + ".bias")

    def attention(self, spec, name, fused):
        groups = [["q_proj", "k_proj", "v_proj"]] if fused else [
            ["q_proj"], ["k_proj", "v_proj"]]
        for linear, group in zip(spec.linear, groups):
            self.linear(linear, *(f"{name}.{part}" for part in group))
        self.linear(spec.linear[-1], name + ".out_proj")
        self.norm(spec.layer_norm, name + "_layer_norm")

    def stack(self, spec, side):
        width = self.config["d_model"]
        spec.scale_embeddings = math.sqrt(width)
        spec.position_encodings.encodings = positions(
            self.config["max_position_embeddings"], width)
        embeddings = (spec.embeddings[0] if isinstance(spec.embeddings, list)
                      else spec.embeddings)
        embeddings.weight = self.tensor("model.shared.weight")
        for index, layer in enumerate(spec.layer):
            prefix = f"model.{side}.layers.{index}"
            self.attention(layer.self_attention, prefix + ".self_attn", True)
            if side == "decoder":
                self.attention(layer.attention, prefix + ".encoder_attn",
                               False)
            self.linear(layer.ffn.linear_0, prefix + ".fc1")
            self.linear(layer.ffn.linear_1, prefix + ".fc2")
            self.norm(layer.ffn.layer_norm, prefix + ".final_layer_norm")

    def projection(self, spec):
        """Tied to the embeddings; biased only where that says something."""
        spec.projection.weight = spec.embeddings.weight
        bias = self.tensor("final_logits_bias").reshape(-1)
        for word in self.config.get("bad_words_ids") or []:
            bias[word[0]] = -1e9
        if bias.any():
            spec.projection.bias = bias


def numbered_vocabulary(size):
    """For a model without tokenizer files: token 7 is "t7"."""
    return ["</s>"] + [f"t{i}" for i in range(1, size - 1)] + ["<pad>"]


def convert(source, target, vocabulary=None):
    """Writes the model in CTranslate2's format unless it is there already.

    vocabulary: the tokens, by id.
    """
    if (target / "model.bin").exists():
        return
    config = json.loads((source / "config.json").read_text())
    vocabulary = vocabulary or numbered_vocabulary(config["vocab_size"])
    spec = transformer_spec.TransformerSpec.from_config(
        (config["encoder_layers"], config["decoder_layers"]),
        config["encoder_attention_heads"],
        pre_norm=False,
        activation=common_spec.Activation.SWISH)
    filler = SpecFiller(
        random_marian.read_safetensors(source / "model.safetensors"), config)
    filler.stack(spec.encoder, "encoder")
    filler.stack(spec.decoder, "decoder")
    filler.projection(spec.decoder)
    spec.register_source_vocabulary(vocabulary)
    spec.register_target_vocabulary(vocabulary)
    spec.config.eos_token = "</s>"
    spec.config.bos_token = "</s>"
    spec.config.unk_token = "<unk>" if "<unk>" in vocabulary else "t1"
    spec.config.decoder_start_token = vocabulary[
        config["decoder_start_token_id"]]
    spec.config.add_source_eos = False
    spec.validate()
    spec.optimize()
    target.mkdir(parents=True, exist_ok=True)
    spec.save(str(target))


class Peer:
    """Translates the work of one request after the other."""

    def __init__(self, args):
        convert(args.model, args.converted)
        self.translator = ctranslate2.Translator(
            str(args.converted), device="cpu", compute_type=args.compute_type,
            inter_threads=args.workers, intra_threads=args.threads)
        self.warm = set()

    def translate(self, sources, batch_size, num_beams, new_tokens):
        options = dict(
            beam_size=num_beams, max_batch_size=batch_size,
            min_decoding_length=new_tokens, max_decoding_length=new_tokens)
        if batch_size > 1:
            return self.translator.translate_batch(sources, **options)
        # One at a time: workers must not take two at once.
        return [self.translator.translate_batch([source], **options)[0]
                for source in sources]

    def answer(self, sources, batch_size, num_beams, new_tokens, output=None):
        work = (sources, batch_size, num_beams)
        sources = [["</s>" if word == "0" else f"t{word}"
                    for word in line.split()]
                   for line in pathlib.Path(sources).read_text().splitlines()]
        if work not in self.warm:
            # Unmeasured: memory is touched, clocks come up.
            self.translate(sources, batch_size, num_beams, 4)
            self.warm.add(work)
        start = time.perf_counter()
        results = self.translate(sources, batch_size, num_beams, new_tokens)
        seconds = time.perf_counter() - start
        targets = [result.hypotheses[0] for result in results]
        if output:
            pathlib.Path(output).write_text("".join(
                " ".join(token.lstrip("t") for token in target) + "\n"
                for target in targets))
        return {"tokens": sum(map(len, targets)), "seconds": seconds}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=pathlib.Path, required=True)
    parser.add_argument("--converted", type=pathlib.Path, required=True)
    parser.add_argument("--compute_type", default="float32")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    peer_loop.answer_all(Peer(parser.parse_args()).answer)


if __name__ == "__main__":
    main()
