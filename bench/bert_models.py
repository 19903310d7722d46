"""The encoder models that the embedding benchmark runs, and their peers' forms.

all-MiniLM-L6-v2 as tools/setup.sh installs it, and a random model of
BERT-base's shape. CTranslate2 gets its own converter's result; ONNX Runtime
gets torch's export with attention, norms and activations fused by ONNX
Runtime's own optimizer.
"""

import pathlib

import numpy as np

FIRST_ORDINARY_ID = 1000
# By what ONNX Runtime computes in.
ONNX_FILES = {"float32": "onnxruntime.onnx", "int8": "onnxruntime_int8.onnx"}


def make_bert_base(directory, seed=1):
    """Writes a random BERT-base unless it is there already."""
    directory = pathlib.Path(directory)
    if (directory / "vocab.txt").exists():
        return directory
    import torch
    import transformers

    torch.manual_seed(seed)
    # CTranslate2's converter wants to see it said.
    config = transformers.BertConfig(position_embedding_type="absolute")
    model = transformers.BertModel(config, add_pooling_layer=False)
    model.save_pretrained(directory)
    special = {0: "[PAD]", 100: "[UNK]", 101: "[CLS]", 102: "[SEP]",
               103: "[MASK]"}
    # Last, for it marks the directory as complete.
    (directory / "vocab.txt").write_text("".join(
        special.get(i, f"word{i}") + "\n" for i in range(config.vocab_size)))
    return directory


def make_inputs(path, lengths, vocab_size=30522, seed=2):
    """Writes a line of token ids for each length, [CLS] and [SEP] included."""
    rng = np.random.default_rng(seed)
    with open(path, "w") as file:
        for length in lengths:
            ids = rng.integers(FIRST_ORDINARY_ID, vocab_size, length - 2)
            file.write(" ".join(map(str, [101, *ids, 102])) + "\n")


def to_ctranslate2(model, target):
    """Converts a BERT directory unless that is done."""
    if (target / "model.bin").exists():
        return target
    from ctranslate2.converters import TransformersConverter

    TransformersConverter(str(model)).convert(str(target), force=True)
    return target


def to_onnx(model, target):
    """Exports and fuses a BERT directory unless that is done."""
    if target.exists():
        return target
    import torch
    import transformers
    from onnxruntime.transformers import optimizer

    bert = transformers.BertModel.from_pretrained(
        model, add_pooling_layer=False, attn_implementation="eager").eval()

    class LastHiddenState(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.bert = bert

        def forward(self, input_ids, attention_mask, token_type_ids):
            return self.bert(
                input_ids=input_ids, attention_mask=attention_mask,
                token_type_ids=token_type_ids).last_hidden_state

    names = ["input_ids", "attention_mask", "token_type_ids"]
    ids = torch.tensor([[101, 2000, 102], [101, 2001, 102]])
    plain = target.with_suffix(".plain.onnx")
    torch.onnx.export(
        LastHiddenState(), (ids, torch.ones_like(ids), torch.zeros_like(ids)),
        str(plain), input_names=names, output_names=["last_hidden_state"],
        dynamic_axes={name: {0: "batch", 1: "length"}
                      for name in [*names, "last_hidden_state"]},
        dynamo=False, opset_version=17)
    fused = optimizer.optimize_model(
        str(plain), model_type="bert",
        num_heads=bert.config.num_attention_heads,
        hidden_size=bert.config.hidden_size, opt_level=1)
    counts = fused.get_fused_operator_statistics()
    if counts["Attention"] != bert.config.num_hidden_layers:
        raise SystemExit(f"ONNX Runtime's optimizer fused only {counts}")
    fused.save_model_to_file(str(target))
    plain.unlink()
    return target


def quantize_onnx(source, target):
    """Weights to int8, each output channel with its own scale; activations
    are quantized at run time. Unless that is done."""
    if not target.exists():
        from onnx import TensorProto
        from onnxruntime import quantization

        partial = target.with_suffix(".partial")
        quantization.quantize_dynamic(
            source, partial, per_channel=True,
            weight_type=quantization.QuantType.QInt8,
            # Types behind fused operators cannot be inferred.
            extra_options={"DefaultTensorType": TensorProto.FLOAT})
        partial.rename(target)


def convert(engine, compute_type, model, folder):
    """Makes what an engine reads of a BERT directory, unless it is there."""
    folder.mkdir(parents=True, exist_ok=True)
    if engine == "ctranslate2":
        to_ctranslate2(model, folder / "ctranslate2")
    elif engine == "onnxruntime":
        plain = to_onnx(model, folder / ONNX_FILES["float32"])
        if compute_type == "int8":
            quantize_onnx(plain, folder / ONNX_FILES["int8"])
