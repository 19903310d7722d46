#!/usr/bin/env python3
"""Writes references.txt: what transformers' generate() gives for a toy model.

The toy model's logits are an integer hash of the whole prefix, exact in single
precision, which the test computes again (tests/engine/decoding/toy_model.cc), so
that the searches can be compared without any model's rounding.

    pip install torch transformers==5.23.0
    python3 make_references.py > references.txt

Cases whose outcome changes when the logits move by about 1e-6 are left out:
there transformers decides by the rounding of one machine. So are those with
early_stopping True and fewer allowed tokens than beams: there transformers fills
the beam with copies and counts them as found (engine/decoding/search.h).

A case is one line: its options, as name=value (bad words as 1,2;3), then "|",
then transformers' hypotheses as score:token,token,... without its copies.
"""

import itertools
import random
import sys

import torch
from transformers import GenerationConfig, GenerationMixin, PreTrainedConfig
from transformers import PreTrainedModel
from transformers.modeling_outputs import CausalLMOutput

MASK = (1 << 64) - 1
START, END = 0, 1


def mix(x):
    """The finalizer of SplitMix64 (Steele et al. 2014)."""
    x = (x + 0x9E3779B97F4A7C15) & MASK
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & MASK
    return x ^ (x >> 31)


def toy_logits(case, prefix):
    """Multiples of scale / 2^21 in [-4, 4) * scale; end_bias on the end."""
    state = mix(case["seed"])
    for token in prefix:
        state = mix(state ^ (token + 1))
    logits = []
    for token in range(case["vocab"]):
        draw = mix(state ^ ((token + 1) << 32)) >> 40  # 24 bits
        logits.append((draw - (1 << 23)) / (1 << 21) * case["scale"])
    logits[END] += case["end_bias"]
    return logits


class ToyConfig(PreTrainedConfig):
    model_type = "toy"

    def __init__(self, vocab_size=12, **kwargs):
        self.vocab_size = vocab_size
        self.num_hidden_layers = 1
        super().__init__(**kwargs)


class ToyModel(PreTrainedModel, GenerationMixin):
    config_class = ToyConfig

    def __init__(self, config):
        super().__init__(config)
        self.anchor = torch.nn.Parameter(torch.zeros(1))
        self.case = None
        self.noise_seed = None
        self.processors = None
        self.post_init()

    def _init_weights(self, module):
        pass

    def prepare_inputs_for_generation(self, input_ids, **kwargs):
        return {"input_ids": input_ids}

    def forward(self, input_ids, **kwargs):
        rows = []
        for prefix in input_ids.tolist():
            row = toy_logits(self.case, prefix)
            if self.noise_seed is not None:
                noise = random.Random(f"{self.noise_seed}{prefix}")
                row = [x + noise.uniform(-2e-6, 2e-6) for x in row]
            rows.append(row)
        logits = torch.tensor(rows, dtype=torch.float32)[:, None, :]
        return CausalLMOutput(logits=logits)

    def _get_logits_processor(self, *args, **kwargs):
        self.processors = super()._get_logits_processor(*args, **kwargs)
        return self.processors


def generation_config(case):
    bad_words = case["bad_words"] or None
    return GenerationConfig(
        bos_token_id=START,
        pad_token_id=START,
        eos_token_id=END,
        forced_eos_token_id=END if case["forced_end"] else None,
        bad_words_ids=bad_words,
        renormalize_logits=case["renormalize"],
        num_beams=case["num_beams"],
        num_return_sequences=case["num_hypotheses"],
        length_penalty=case["length_penalty"],
        early_stopping={"heuristic": False, "first": True, "never": "never"}[
            case["early_stopping"]
        ],
        max_new_tokens=case["max_new_tokens"],
        min_new_tokens=case["min_new_tokens"] or None,
        do_sample=False,
        use_cache=False,
        return_dict_in_generate=True,
        output_scores=True,
        output_logits=True,
    )


def crop(tokens, case):
    """What was generated, without the padding after it."""
    tokens = tokens[1:]
    if END in tokens:
        return tokens[: tokens.index(END) + 1]
    return tokens[: case["max_new_tokens"]]


def greedy_score(model, case, tokens, output):
    """transformers gives none: that of a beam, over the greedy tokens."""
    total = torch.zeros(())
    for step, logits in enumerate(output.logits):
        prefix = torch.tensor([[START] + tokens[:step]])
        log_probs = torch.log_softmax(logits.float(), dim=-1)
        log_probs = model.processors(prefix, log_probs)
        total = total + log_probs[0, tokens[step]]
    return (total / len(tokens) ** case["length_penalty"]).item()


def run(model, case, noise_seed=None):
    model.case = case
    model.noise_seed = noise_seed
    output = model.generate(
        torch.tensor([[START]]), generation_config=generation_config(case)
    )
    sequences = [crop(s, case) for s in output.sequences.tolist()]
    if case["num_beams"] == 1:
        return [(greedy_score(model, case, sequences[0], output), sequences[0])]
    found = zip(output.sequences_scores.tolist(), sequences)
    # Real scores are above -1e4 by far, those of copies at -1e9 / 20^2 or below.
    return [(score, tokens) for score, tokens in found if score > -1e5]


def stable(model, case, result):
    for noise_seed in range(3):
        other = run(model, case, noise_seed)
        if [t for _, t in other] != [t for _, t in result]:
            return False
    return True


def random_bad_words(draw, vocab):
    words = []
    for _ in range(draw.randint(1, 3)):
        words.append([draw.randrange(vocab)])
    for _ in range(draw.randint(1, 12)):
        # Short alphabets make them likely to match; some match the start.
        first = START if draw.random() < 0.4 else draw.randrange(vocab)
        length = draw.choice([2, 2, 2, 3])
        words.append([first] + [draw.randrange(vocab) for _ in range(length - 1)])
    if draw.random() < 0.3:
        words.append([END])
    if draw.random() < 0.3:
        words.append([draw.randrange(2, vocab), END])
    unique = []
    for word in words:
        if word not in unique:
            unique.append(word)
    return unique


def random_cases():
    draw = random.Random(3)
    grid = itertools.product(
        [1, 2, 3, 4, 5, 8, 16, 32],
        [-1.0, 0.0, 0.2, 0.6, 1.0, 2.0],
        ["heuristic", "first", "never"],
        [1, 2, 6, 20],
    )
    for seed, (beams, penalty, early, max_new) in enumerate(grid):
        vocab = draw.choice([4, 12, 20, 50])
        limit = min(beams, 6)
        yield {
            "seed": seed,
            "vocab": vocab,
            "scale": draw.choice([0.25, 0.5, 1.0, 1.0, 2.0]),
            "end_bias": draw.choice([-2.0, 0.0, 0.0, 1.0, 2.0, 4.0]),
            "num_beams": beams,
            "num_hypotheses": draw.choice([1, limit, limit]),
            "length_penalty": penalty,
            "early_stopping": early,
            "max_new_tokens": max_new,
            "min_new_tokens": draw.choice([0, 0, 1, max_new // 2, max_new]),
            "bad_words": random_bad_words(draw, vocab)
            if draw.random() < 0.5
            else [],
            "forced_end": draw.random() < 0.5,
            "renormalize": draw.random() < 0.5,
        }


def num_allowed(case):
    """Tokens of the first step that nothing forbids, at least."""
    forbidden = {w[-1] for w in case["bad_words"] if w != [END]}
    if case["min_new_tokens"] > 0:
        forbidden.add(END)
    return case["vocab"] - len(forbidden)


def format_case(case, result):
    words = ";".join(",".join(map(str, w)) for w in case["bad_words"])
    fields = dict(case, bad_words=words)
    options = " ".join(
        f"{k}={int(v) if isinstance(v, bool) else v}" for k, v in fields.items()
    )
    hypotheses = " ".join(
        f"{score:.9g}:{','.join(map(str, tokens))}" for score, tokens in result
    )
    return f"{options}|{hypotheses}"


def main():
    model = ToyModel(ToyConfig())
    kept = unstable = copies = exhausted = 0
    for case in random_cases():
        if num_allowed(case) < 1:
            exhausted += 1
            continue
        if case["early_stopping"] == "first" and case["num_beams"] > 1:
            if num_allowed(case) < case["num_beams"]:
                copies += 1
                continue
        result = run(model, case)
        if not stable(model, case, result):
            unstable += 1
            continue
        kept += 1
        print(format_case(case, result))
    print(
        f"kept {kept}; left out: {unstable} unstable, {copies} with copies "
        f"under early_stopping True, {exhausted} without tokens",
        file=sys.stderr,
    )


if __name__ == "__main__":
    main()
