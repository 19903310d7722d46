"""How a peer's process talks: a JSON line in, a JSON line out, to the end."""

import json
import sys


def answer_all(answer):
    for line in sys.stdin:
        print(json.dumps(answer(**json.loads(line))), flush=True)
