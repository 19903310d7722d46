"""A random model of OPUS-MT's base size, and sources for it.

6 + 6 layers, d_model 512, ffn 2048, 8 heads, 58,101 tokens, tied embeddings:
the shape of the usual OPUS-MT model, with weights that mean nothing. Written
as a Hugging Face MarianMT directory without tokenizer files.
"""

import json
import pathlib
import struct

import numpy as np

CONFIG = {
    "model_type": "marian",
    "architectures": ["MarianMTModel"],
    "activation_function": "swish",
    "d_model": 512,
    "encoder_layers": 6,
    "decoder_layers": 6,
    "encoder_attention_heads": 8,
    "decoder_attention_heads": 8,
    "encoder_ffn_dim": 2048,
    "decoder_ffn_dim": 2048,
    "vocab_size": 58101,
    "max_position_embeddings": 512,
    "scale_embedding": True,
    "decoder_start_token_id": 58100,
    "eos_token_id": 0,
    "pad_token_id": 58100,
    "forced_eos_token_id": 0,
    "max_length": 512,
    "num_beams": 4,
}


def tensors(rng):
    """Yields (name, array) of every tensor of the model."""
    width, ffn, vocab = (CONFIG["d_model"], CONFIG["encoder_ffn_dim"],
                         CONFIG["vocab_size"])

    def normal(*shape):
        scale = 1.0 / np.sqrt(shape[-1])
        return rng.standard_normal(shape, dtype=np.float32) * np.float32(scale)

    def linear(name, out_features, in_features):
        yield name + ".weight", normal(out_features, in_features)
        yield name + ".bias", np.zeros(out_features, np.float32)

    def norm(name):
        yield name + ".weight", np.ones(width, np.float32)
        yield name + ".bias", np.zeros(width, np.float32)

    def attention(name):
        for part in ("q_proj", "k_proj", "v_proj", "out_proj"):
            yield from linear(f"{name}.{part}", width, width)
        yield from norm(name + "_layer_norm")

    yield "model.shared.weight", normal(vocab, width)
    yield "final_logits_bias", np.zeros((1, vocab), np.float32)
    for side in ("encoder", "decoder"):
        for layer in range(CONFIG[side + "_layers"]):
            prefix = f"model.{side}.layers.{layer}"
            yield from attention(prefix + ".self_attn")
            if side == "decoder":
                yield from attention(prefix + ".encoder_attn")
            yield from linear(prefix + ".fc1", ffn, width)
            yield from linear(prefix + ".fc2", width, ffn)
            yield from norm(prefix + ".final_layer_norm")


def write_safetensors(path, arrays):
    header, offset = {}, 0
    for name, array in arrays.items():
        header[name] = {"dtype": "F32", "shape": list(array.shape),
                        "data_offsets": [offset, offset + array.nbytes]}
        offset += array.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for array in arrays.values():
            file.write(array.tobytes())


def make_model(directory, seed=1):
    """Writes the model unless it is there already."""
    directory = pathlib.Path(directory)
    if (directory / "config.json").exists():
        return directory
    directory.mkdir(parents=True, exist_ok=True)
    arrays = dict(tensors(np.random.default_rng(seed)))
    write_safetensors(directory / "model.safetensors", arrays)
    # Last, for it marks the directory as complete.
    (directory / "config.json").write_text(json.dumps(CONFIG, indent=1))
    return directory


def make_sources(path, lengths, seed=2):
    """Writes a line of token ids for each length, the end token included."""
    rng = np.random.default_rng(seed)
    with open(path, "w") as file:
        for length in lengths:
            ids = list(rng.integers(1, CONFIG["vocab_size"] - 1, length - 1))
            file.write(" ".join(map(str, ids + [0])) + "\n")
    return path


_TYPES = {"F32": np.float32, "F16": np.float16}


def read_safetensors(path):
    """The tensors of a file, by name."""
    data = np.memmap(path, np.uint8, mode="r")
    (size,) = struct.unpack("<Q", bytes(data[:8]))
    header = json.loads(bytes(data[8:8 + size]))
    body = data[8 + size:]
    return {
        name: body[slice(*row["data_offsets"])].view(
            _TYPES[row["dtype"]]).reshape(row["shape"])
        for name, row in header.items() if name != "__metadata__"
    }
