"""Writes the checkpoints of this folder with the real torch.

Run it here with a Python that has torch (made with 2.x) to write them again:
    python make_checkpoints.py
The tests know the values: see pytorch_checkpoint_test.cc.
"""

import builtins
import collections
import operator
import os
import pickle
import zipfile

import torch


def state_dict():
    """Every dtype we read, and every way tensors share a storage."""
    base = torch.arange(12, dtype=torch.float32).reshape(3, 4)
    tied = torch.tensor([1.5, -2.0], dtype=torch.float16)
    tensors = collections.OrderedDict()
    tensors["f32"] = base
    tensors["f16"] = tied
    tensors["f16_again"] = tied
    tensors["f16_view"] = tied.view(2, 1)
    tensors["bf16"] = torch.tensor([0.5, 3.0], dtype=torch.bfloat16)
    tensors["f64"] = torch.tensor([0.1], dtype=torch.float64)
    tensors["i64"] = torch.tensor([-1, 2**40])
    tensors["i32"] = torch.tensor([7, -8], dtype=torch.int32)
    tensors["i16"] = torch.tensor([300], dtype=torch.int16)
    tensors["i8"] = torch.tensor([-5], dtype=torch.int8)
    tensors["u8"] = torch.tensor([250], dtype=torch.uint8)
    tensors["bool"] = torch.tensor([True, False])
    tensors["scalar"] = torch.tensor(4.25)
    tensors["empty"] = torch.zeros(0, 3)
    tensors["row"] = base[1]
    tensors["column"] = base[:, 2]
    tensors["transposed"] = base.t()
    tensors["every_other"] = base[::2, 1::2]
    tensors["expanded"] = base[0, 1:2].expand(2, 3)
    tensors["parameter"] = torch.nn.Parameter(torch.tensor([9.0]))
    tensors["frozen"] = torch.nn.Parameter(
        torch.tensor([8.0]), requires_grad=False
    )
    tensors._metadata = collections.OrderedDict({"": {"version": 1}})
    return tensors


class Call:
    """Pickles as a call of `function`; loading it would make the call."""

    def __init__(self, function, *args):
        self.function, self.args = function, args

    def __reduce__(self):
        return self.function, self.args


def save(value, name, **options):
    torch.save(value, name + ".bin", **options)


def save_both(value, name):
    save(value, name + "_zip")
    save(value, name + "_legacy", _use_new_zipfile_serialization=False)


def good():
    save_both(state_dict(), "state_dict")
    save_both(dict(state_dict()), "plain_dict")
    for protocol in (3, 4, 5):
        save(state_dict(), f"protocol{protocol}_zip", pickle_protocol=protocol)
        save(
            state_dict(),
            f"protocol{protocol}_legacy",
            pickle_protocol=protocol,
            _use_new_zipfile_serialization=False,
        )
    linear = torch.nn.Linear(2, 1)
    with torch.no_grad():
        linear.weight.copy_(torch.tensor([[1.0, 2.0]]))
        linear.bias.copy_(torch.tensor([3.0]))
    save_both(linear.state_dict(), "module")


def refused():
    weight = torch.zeros(1)
    save_both({"w": Call(os.system, "touch parley_was_here")}, "os_system")
    save_both({"w": Call(eval, "print('parley')")}, "eval")
    save(
        {"w": Call(os.system, "touch parley_was_here")},
        "os_system_protocol4",
        pickle_protocol=4,
    )
    inner = Call(operator.attrgetter, "system")
    save({"w": Call(builtins.map, inner, [weight])}, "nested_call")
    hidden = collections.OrderedDict(w=weight)
    hidden._metadata = Call(os.system, "touch parley_was_here")
    save(hidden, "call_in_metadata")
    save(torch.nn.Linear(2, 1), "whole_module")
    save({"epoch": 3, "state_dict": {"w": weight}}, "training_state")
    save([weight], "list")
    save({"w": weight, "z": torch.zeros(1, dtype=torch.complex64)}, "complex")
    save({"w": torch.zeros(1, dtype=torch.uint16)}, "uint16")
    save({"w": torch.zeros(1).to(torch.float8_e4m3fn)}, "float8")
    save({"w": torch.zeros(1).expand(1 << 20, 1 << 20)}, "expanded")
    negative = torch.zeros(2, dtype=torch.complex64).conj().imag
    save({"w": negative}, "view_flags")


def compressed():
    """A real archive, packed again with compression: torch refuses it too."""
    with zipfile.ZipFile("plain_dict_zip.bin") as stored, zipfile.ZipFile(
        "compressed.bin", "w", zipfile.ZIP_DEFLATED
    ) as deflated:
        for info in stored.infolist():
            deflated.writestr(
                zipfile.ZipInfo(info.filename, (2020, 1, 1, 0, 0, 0)),
                stored.read(info),
                zipfile.ZIP_DEFLATED,
            )


def bare_pickle():
    """A pickle, but not of torch.save."""
    with open("bare_pickle.bin", "wb") as file:
        pickle.dump({"w": [1.0, 2.0]}, file, protocol=2)


if __name__ == "__main__":
    good()
    refused()
    compressed()
    bare_pickle()
