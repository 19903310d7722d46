"""What Parley is meant to reach, as data: floors unless said otherwise."""

# Tokens per second over those of CTranslate2's best setting.
TRANSLATION_RATIO = {
    ("f32", "greedy, batch 64"): 1.45,
    ("f32", "beam 4, batch 32"): 1.2,
    ("f32", "beam 4, one sentence"): 2.5,
    ("int8", "greedy, batch 64"): 1.7,
    ("int8", "beam 4, batch 32"): 1.8,
    ("int8", "beam 4, one sentence"): 4.0,
}
# Share of the matmul limit.
TRANSLATION_SHARE = {
    ("bf16", "greedy, batch 64"): 0.75,
    ("bf16", "beam 4, batch 32"): 0.75,
}

# all-MiniLM-L6-v2, over the best setting of the best peer at that precision.
# One short text: in 0.6 of the peer's time.
EMBEDDING_RATIO = {
    ("f32", "short"): 1.1,
    ("f32", "long"): 1.15,
    ("f32", "mixed"): 1.25,
    ("int8", "short"): 1.3,
    ("int8", "long"): 1.5,
    ("int8", "mixed"): 1.6,
    ("bf16", "short"): 1.5,
    ("bf16", "long"): 1.5,
    ("bf16", "mixed"): 1.5,
    ("f32", "one short text"): 1 / 0.6,
    ("int8", "one short text"): 1 / 0.6,
    ("bf16", "one short text"): 1 / 0.6,
}
# With only AVX2: no slower than CTranslate2.
AVX2_RATIO = 1.0

# Embeddings over the wire, 32 texts a call, over those in one process.
WIRE_SHARE = 0.9

# Under load, OPUS-MT base size. Texts a second at saturation over the engine's
# own in batches. At most: the median time of a short text at 70 % of capacity
# over its time alone.
SATURATION_SHARE = 0.9
LOADED_SHORT_TIME = 3.5
# Goodput over that of CTranslate2 behind a Python server, both with p95 under
# so many times what that takes for one caption alone.
GOODPUT_RATIO = {"int8": 2.0, "f32": 1.5}
LATENCY_TIMES = 10
# At 2, 5 and 10 times capacity: goodput over its peak; at most: p99 of
# admitted calls over queue limit and twice service time, milliseconds until a
# refusal, memory over that at saturation. In the minute after: time
# over that before at most, share of the calls answered.
OVERLOAD_GOODPUT = 0.95
OVERLOAD_TIME = 1.0
REJECTION_MEDIAN_MS = 10
REJECTION_P99_MS = 50
OVERLOAD_MEMORY = 1.2
RECOVERY_TIME = 1.2
RECOVERY_ANSWERED = 1.0

# At most: time per token of any batch from 16 to 256 over that of batch 16.
BATCH_FLATNESS = 1.1
# At most: resident memory at the end over that after a tenth of the requests.
MEMORY_GROWTH = 1.02
# At most: resident memory after thousands of callers have left over that after
# the first of them.
LEAVING_GROWTH = 1.05

# At most: BLEU lost to f32. At least: mean cosine to f32.
BLEU_LOSS = 0.5
COSINE = 0.999

# At most: from start to ready, OPUS-MT base size, int8.
START_SECONDS = 1.0
# At most: resident bytes after load over what is allowed: RESIDENT_FACTOR
# times the weights, the configured pools, and RESIDENT_MORE.
RESIDENT_FACTOR = 1.3
RESIDENT_MORE = 40 << 20
# At most: of a core, by a server that nobody calls.
IDLE_SHARE = 0.01
