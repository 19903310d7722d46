#!/usr/bin/env python3
"""Makes tests/goldens/encoder/<model>/: tiny random encoder models of every
architecture, and what transformers makes of some token ids with them.

    tools/make_tiny_encoders.py tests/goldens/encoder

Needs torch, transformers and sentence-transformers; which versions made what
is committed stands in tests/goldens/README.md. Weights are stored as F16, and
references are computed in f32 from just those numbers, one text at a time;
those of "long" models in double precision.
"""

import json
import pathlib
import random
import shutil
import sys

import torch
import transformers as hf
from safetensors.torch import load_file, save_file
from sentence_transformers.base.modules.dense import Dense
from sentence_transformers.base.modules.normalize import Normalize
from sentence_transformers.sentence_transformer.modules.pooling import Pooling

VOCABULARY = 120
SIZES = dict(vocab_size=VOCABULARY, hidden_size=24, num_hidden_layers=2,
             num_attention_heads=3, intermediate_size=40,
             max_position_embeddings=160)
LABELS = dict(id2label={0: "no", 1: "maybe", 2: "yes"},
              label2id={"no": 0, "maybe": 1, "yes": 2})
TOP_K = 5
# Texts up to this length have the hidden states of all layers.
MAX_WHOLE = 9


def models():
    """Name, class and config of each model."""
    distil = dict(vocab_size=VOCABULARY, dim=24, n_layers=2, n_heads=3,
                  hidden_dim=40, max_position_embeddings=160)
    one_segment = dict(type_vocab_size=1)
    electra = dict(embedding_size=16, hidden_act="gelu_new")
    modern = dict(num_hidden_layers=4, local_attention=16, pad_token_id=1,
                  bos_token_id=2, eos_token_id=3, cls_token_id=2,
                  sep_token_id=3)
    return [
        ("bert-pretraining", hf.BertForPreTraining, hf.BertConfig(**SIZES)),
        ("bert-classifier", hf.BertForSequenceClassification,
         hf.BertConfig(problem_type="multi_label_classification", **LABELS,
                       **SIZES)),
        ("bert-next-sentence", hf.BertForNextSentencePrediction,
         hf.BertConfig(hidden_act="relu", **SIZES)),
        ("bert-long", hf.BertModel,
         hf.BertConfig(**{**SIZES, "max_position_embeddings": 512})),
        ("distilbert-masked-lm", hf.DistilBertForMaskedLM,
         hf.DistilBertConfig(**distil)),
        ("distilbert-classifier", hf.DistilBertForSequenceClassification,
         hf.DistilBertConfig(**LABELS, **distil)),
        ("roberta-masked-lm", hf.RobertaForMaskedLM,
         hf.RobertaConfig(layer_norm_eps=1e-5, **one_segment, **SIZES)),
        ("roberta-classifier", hf.RobertaForSequenceClassification,
         hf.RobertaConfig(num_labels=1, problem_type="regression",
                          **one_segment, **SIZES)),
        ("xlm-roberta-base", hf.XLMRobertaModel,
         hf.XLMRobertaConfig(pad_token_id=5, **one_segment, **SIZES)),
        ("camembert-masked-lm", hf.CamembertForMaskedLM,
         hf.CamembertConfig(tie_word_embeddings=False, **one_segment,
                            **SIZES)),
        ("mpnet-masked-lm", hf.MPNetForMaskedLM, hf.MPNetConfig(**SIZES)),
        ("mpnet-classifier", hf.MPNetForSequenceClassification,
         hf.MPNetConfig(**LABELS, **SIZES)),
        ("mpnet-sentences", hf.MPNetModel, hf.MPNetConfig(**SIZES)),
        ("electra-masked-lm", hf.ElectraForMaskedLM,
         hf.ElectraConfig(**electra, **SIZES)),
        ("electra-classifier", hf.ElectraForSequenceClassification,
         hf.ElectraConfig(**LABELS, **electra, **SIZES)),
        ("modernbert-masked-lm", hf.ModernBertForMaskedLM,
         hf.ModernBertConfig(**{**SIZES, **modern})),
        ("modernbert-classifier", hf.ModernBertForSequenceClassification,
         hf.ModernBertConfig(classifier_pooling="mean", norm_bias=True,
                             attention_bias=True, mlp_bias=True,
                             classifier_bias=True, **LABELS,
                             **{**SIZES, **modern})),
    ]


def randomize(model):
    """Weights of a size that makes every part matter, exact in F16."""
    for name, parameter in model.named_parameters():
        is_norm = "norm" in name.lower()
        if parameter.dim() == 1:
            values = torch.randn_like(parameter) * 0.1
            if is_norm and name.endswith("weight"):
                values += 1
        elif "embedding" in name or "relative_attention_bias" in name:
            values = torch.randn_like(parameter) * 0.5
        else:
            values = torch.randn_like(parameter) * parameter.shape[1] ** -0.5
        parameter.data = values.half().float()


def texts(config):
    """Token ids and segment ids, with padding tokens in their midst."""
    chooser = random.Random(11)
    segments = getattr(config, "type_vocab_size", 0)
    lengths = [1, 2, 6, 9, 33, 70, 150]
    if config.max_position_embeddings >= 512:
        lengths.append(512)
    for length in lengths:
        ids = [chooser.randrange(VOCABULARY) for _ in range(length)]
        if length == 9:
            ids[4] = config.pad_token_id
        if segments > 1 and length > 1:
            middle = length // 2
            yield ids, [0] * middle + [1] * (length - middle)
        else:
            yield ids, []


def numbers(tensor):
    return [float(f"{x:.8g}") for x in tensor.flatten().tolist()]


def reference(model, ids, segments):
    arguments = dict(input_ids=torch.tensor([ids]), output_hidden_states=True)
    if segments:
        arguments["token_type_ids"] = torch.tensor([segments])
    out = model(**arguments)
    hidden = out.hidden_states
    row = {"ids": ids, "segments": segments,
           "mean": numbers(hidden[-1][0].mean(dim=0))}
    if len(ids) <= MAX_WHOLE:
        row["hidden"] = [numbers(layer) for layer in hidden]
    name = type(model).__name__
    if name.endswith(("ForMaskedLM", "ForPreTraining")):
        logits = out.logits if "logits" in out else out.prediction_logits
        positions = sorted({0, len(ids) // 2, len(ids) - 1})
        row["positions"] = positions
        top = logits[0, positions].log_softmax(dim=-1).topk(TOP_K)
        row["top"] = [[[i, float(f"{p:.8g}")] for i, p in zip(*pair)]
                      for pair in zip(top.indices.tolist(),
                                      top.values.tolist())]
    if name.endswith("ForPreTraining"):
        row["next_sentence"] = numbers(out.seq_relationship_logits)
    elif name.endswith("ForNextSentencePrediction"):
        row["next_sentence"] = numbers(out.logits)
    elif name.endswith("ForSequenceClassification"):
        row["labels"] = numbers(out.logits)
    return row, hidden[-1]


def write_modules(folder, width):
    """The files of sentence-transformers around a model; the modules."""
    pooling = Pooling(width, pooling_mode=("cls", "mean"))
    dense = Dense(2 * width, 10, activation_function=torch.nn.Tanh())
    for parameter in dense.parameters():
        parameter.data = (torch.randn_like(parameter) * 0.3).half().float()
    modules = [("", "sentence_transformers.base.modules.transformer.Transformer"),
               ("1_Pooling", type(pooling)), ("2_Dense", type(dense)),
               ("3_Normalize", Normalize)]
    for path, module in (("1_Pooling", pooling), ("2_Dense", dense)):
        (folder / path).mkdir()
        module.save(str(folder / path))
    rows = []
    for index, (path, kind) in enumerate(modules):
        name = kind if isinstance(kind, str) else (
            f"{kind.__module__}.{kind.__qualname__}")
        rows.append(dict(idx=index, name=str(index), path=path, type=name))
    write_json(folder / "modules.json", rows)
    write_json(folder / "sentence_bert_config.json",
               dict(max_seq_length=128, do_lower_case=False))
    write_json(folder / "config_sentence_transformers.json",
               dict(prompts=dict(query="query: ", document=""),
                    default_prompt_name=None, similarity_fn_name="dot"))
    return pooling, dense


def pooled_reference(hidden, modules):
    """Each mode of pooling, and what the model's own files make of it."""
    pooling, dense = modules
    row = {}
    for mode in Pooling.POOLING_MODES:
        for skipped in (0, 1):
            if skipped >= hidden.shape[1]:
                continue
            features = dict(
                token_embeddings=hidden, prompt_length=skipped,
                attention_mask=torch.ones(hidden.shape[:2], dtype=torch.int64))
            one = Pooling(hidden.shape[2], mode, include_prompt=not skipped)
            row[f"{mode}-{skipped}"] = numbers(
                one(features)["sentence_embedding"])
    features = pooling(dict(token_embeddings=hidden))
    row["own"] = numbers(dense(features)["sentence_embedding"])
    return row


def write_json(path, value):
    path.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")


def store_as_f16(path):
    tensors = {name: tensor.half() for name, tensor in load_file(path).items()}
    save_file(tensors, path, metadata={"format": "pt"})


@torch.no_grad()
def make(folder, model):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    randomize(model)
    model.save_pretrained(folder)
    store_as_f16(folder / "model.safetensors")
    (folder / "generation_config.json").unlink(missing_ok=True)
    # As users have it: whatever storing does to it is in the references, too.
    model = type(model).from_pretrained(folder, dtype=torch.float32).eval()
    if folder.name.endswith("-long"):
        model = model.double()
    modules = None
    if folder.name.endswith("-sentences"):
        modules = write_modules(folder, model.config.hidden_size)
        store_as_f16(folder / "2_Dense" / "model.safetensors")
    with open(folder / "references.jsonl", "w", encoding="utf-8") as out:
        for ids, segments in texts(model.config):
            row, hidden = reference(model, ids, segments)
            if modules:
                row["pooled"] = pooled_reference(hidden, modules)
            out.write(json.dumps(row) + "\n")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    torch.set_num_threads(1)
    for name, kind, config in models():
        torch.manual_seed(7)
        make(pathlib.Path(sys.argv[1]) / name, kind(config))


if __name__ == "__main__":
    main()
