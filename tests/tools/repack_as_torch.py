#!/usr/bin/env python3
"""Rewrites a model directory's model.safetensors as pytorch_model.bin.

    repack_as_torch.py IN_MODEL_DIR OUT_DIR --format=zip|legacy

Writes what torch.save would write of the same state dict, in the zip format
or in the one from before torch 1.6, and copies every other file of the
directory. Needs nothing but Python: the pickle's names of torch are stand-ins
made here. Embeddings that the model's config ties share one storage under
all their names, as in a state dict of torch.
"""

import argparse
import collections
import io
import json
import math
import pathlib
import pickle
import shutil
import struct
import sys
import types
import zipfile

LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
LEGACY_VERSION = 1001

# safetensors' dtype: (bytes of an element, torch's storage class)
DTYPES = {
    "F64": (8, "DoubleStorage"),
    "F32": (4, "FloatStorage"),
    "F16": (2, "HalfStorage"),
    "BF16": (2, "BFloat16Storage"),
    "I64": (8, "LongStorage"),
    "I32": (4, "IntStorage"),
    "I16": (2, "ShortStorage"),
    "I8": (1, "CharStorage"),
    "U8": (1, "ByteStorage"),
    "BOOL": (1, "BoolStorage"),
}


def add_torch_stand_ins():
    """Modules that pickle can look torch's names up in."""
    torch = types.ModuleType("torch")
    torch_utils = types.ModuleType("torch._utils")
    for _, name in DTYPES.values():
        setattr(torch, name, type(name, (), {"__module__": "torch"}))

    def _rebuild_tensor_v2(*_):
        raise AssertionError("a stand-in: only its name is pickled")

    _rebuild_tensor_v2.__module__ = "torch._utils"
    _rebuild_tensor_v2.__qualname__ = "_rebuild_tensor_v2"
    torch_utils._rebuild_tensor_v2 = _rebuild_tensor_v2
    torch._utils = torch_utils
    sys.modules["torch"] = torch
    sys.modules["torch._utils"] = torch_utils
    return torch


class Storage:
    def __init__(self, key, dtype, data):
        self.key = key
        self.element_bytes, self.type_name = DTYPES[dtype]
        self.data = data

    def num_elements(self):
        return len(self.data) // self.element_bytes


class Tensor:
    """Pickles as torch's tensors do: a call with its storage and strides."""

    def __init__(self, storage, shape):
        self.storage, self.shape = storage, tuple(shape)

    def __reduce__(self):
        strides = tuple(
            math.prod(self.shape[i + 1 :]) for i in range(len(self.shape))
        )
        arguments = (
            self.storage,
            0,
            self.shape,
            strides,
            False,
            collections.OrderedDict(),
        )
        return sys.modules["torch._utils"]._rebuild_tensor_v2, arguments


class Pickler(pickle.Pickler):
    """Puts storages outside of the pickle, in the order of first use."""

    def __init__(self, file, torch, is_legacy):
        super().__init__(file, protocol=2)
        self.torch, self.is_legacy = torch, is_legacy
        self.storages = {}

    def persistent_id(self, obj):
        if not isinstance(obj, Storage):
            return None
        self.storages[obj.key] = obj
        storage_type = getattr(self.torch, obj.type_name)
        saved = ("storage", storage_type, obj.key, "cpu", obj.num_elements())
        return saved + (None,) if self.is_legacy else saved


def tied_names(config, names):
    """{name: the name whose storage it shares}, for names the file lacks."""
    shared = "model.shared.weight"
    tied = {}
    if config.get("share_encoder_decoder_embeddings", True) and shared in names:
        tied["model.encoder.embed_tokens.weight"] = shared
        tied["model.decoder.embed_tokens.weight"] = shared
    if config.get("tie_word_embeddings", True):
        decoder = "model.decoder.embed_tokens.weight"
        owner = tied.get(decoder, decoder)
        if owner in names:
            tied["lm_head.weight"] = owner
    return {name: owner for name, owner in tied.items() if name not in names}


def read_state_dict(directory):
    data = (directory / "model.safetensors").read_bytes()
    (header_bytes,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + header_bytes])
    header.pop("__metadata__", None)
    tensors = {}
    for i, (name, entry) in enumerate(header.items()):
        begin, end = (8 + header_bytes + at for at in entry["data_offsets"])
        storage = Storage(str(i), entry["dtype"], data[begin:end])
        tensors[name] = Tensor(storage, entry["shape"])
    config = json.loads((directory / "config.json").read_text("utf-8"))
    for name, owner in tied_names(config, tensors).items():
        # Another tensor on the same storage, as Module.state_dict() has it.
        tensors[name] = Tensor(tensors[owner].storage, tensors[owner].shape)
    return collections.OrderedDict(sorted(tensors.items()))


def write_zip(state_dict, path, torch):
    folder = path.stem
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:

        def add(name, data):
            info = zipfile.ZipInfo(f"{folder}/{name}", (1980, 1, 1, 0, 0, 0))
            archive.writestr(info, data)

        with io.BytesIO() as file:
            pickler = Pickler(file, torch, is_legacy=False)
            pickler.dump(state_dict)
            add("data.pkl", file.getvalue())
        add("byteorder", "little")
        for key, storage in pickler.storages.items():
            add(f"data/{key}", storage.data)
        add("version", "3\n")


def write_legacy(state_dict, path, torch):
    sizes = {"short": 2, "int": 4, "long": 4}
    machine = {
        "protocol_version": LEGACY_VERSION,
        "little_endian": True,
        "type_sizes": sizes,
    }
    with open(path, "wb") as file:
        for value in (LEGACY_MAGIC, LEGACY_VERSION, machine):
            pickle.dump(value, file, protocol=2)
        pickler = Pickler(file, torch, is_legacy=True)
        pickler.dump(state_dict)
        keys = sorted(pickler.storages)
        pickle.dump(keys, file, protocol=2)
        for key in keys:
            storage = pickler.storages[key]
            file.write(struct.pack("<q", storage.num_elements()))
            file.write(storage.data)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("in_model_dir", type=pathlib.Path)
    parser.add_argument("out_dir", type=pathlib.Path)
    parser.add_argument("--format", choices=("zip", "legacy"), required=True)
    args = parser.parse_args()

    torch = add_torch_stand_ins()
    state_dict = read_state_dict(args.in_model_dir)
    args.out_dir.mkdir(parents=True, exist_ok=True)
    write = write_zip if args.format == "zip" else write_legacy
    write(state_dict, args.out_dir / "pytorch_model.bin", torch)
    for file in sorted(args.in_model_dir.iterdir()):
        if file.is_file() and file.name != "model.safetensors":
            shutil.copyfile(file, args.out_dir / file.name)


if __name__ == "__main__":
    main()
