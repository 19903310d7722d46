"""The products of matrices in a benchmark's work, and how fast this machine
can do them: what an engine could reach if all else cost nothing."""

import statistics

import programs


def encoder_layer(rows, width, ffn):
    """(rows, in, out) of one layer: query, key and value; output; two more."""
    return [(rows, width, 3 * width), (rows, width, width),
            (rows, width, ffn), (rows, ffn, width)]


def encoder(rows, config):
    """Of one pass of a BERT over so many tokens."""
    layer = encoder_layer(rows, config["hidden_size"],
                          config["intermediate_size"])
    return [(1, *product)
            for product in layer * config["num_hidden_layers"]]


def translation(source_rows, target_rows, steps, config):
    """(times, rows, in, out) of a batch of MarianMT's: the encoder and the
    keys and values of cross-attention once, then a decoder step each."""
    width, ffn = config["d_model"], config["encoder_ffn_dim"]
    once = (encoder_layer(source_rows, width, ffn) * config["encoder_layers"]
            + [(source_rows, width, 2 * width)] * config["decoder_layers"])
    cross = [(target_rows, width, width)] * 2
    step = ((encoder_layer(target_rows, width, config["decoder_ffn_dim"])
             + cross) * config["decoder_layers"]
            + [(target_rows, width, config["vocab_size"])])
    return ([(1, *product) for product in once]
            + [(steps, *product) for product in step])


def seconds(session, precision, work):
    """How long this machine takes for `work`, with packed weights."""
    lines = programs.json_lines(
        [session.program("matmul_limit"), f"--type={precision}",
         f"--num_threads={session.threads}"], session.environment,
        "".join(" ".join(map(str, line)) + "\n" for line in work))
    return statistics.median(line["seconds"] for line in lines)
