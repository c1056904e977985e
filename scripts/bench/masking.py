"""What it costs to keep padding out of every layer: ms of a training step, and share.

    python -m scripts.bench.masking model=separable_small

Forward and backward pass over the same batch of utterances of similar duration, with padding set
to zero before every layer that would hear it and with that left out, taking turns.
"""

import argparse
from contextlib import nullcontext
from unittest.mock import patch

import torch

from asr.cpu_settings import settle_cpu
from asr.data.batch import Batch
from asr.evaluation.untrained import untrained
from asr.padded import pad
from scripts.bench.meter import interleaved

_UTTERANCES, _SECONDS, _SHORTEST = 16, 3.0, 0.93  # as in batches of the benchmark's corpus
_TOKENS = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--precision", choices=["32", "bf16"], default="bf16")
    parser.add_argument("overrides", nargs="*")
    args = parser.parse_args()
    settle_cpu()
    torch.manual_seed(0)
    recognizer = untrained(args.overrides).recognizer
    model = recognizer.model.train()
    shares = torch.linspace(_SHORTEST, 1, _UTTERANCES).tolist()
    samples = [round(share * _SECONDS * model.sample_rate) for share in shares]
    names = tuple(map(str, range(_UTTERANCES)))
    batch = Batch(
        waveforms=pad([torch.randn(1, count) for count in samples], common=True),
        tokens=pad([torch.ones(_TOKENS, dtype=torch.int64)] * _UTTERANCES),
        keys=torch.arange(_UTTERANCES), references=names, ids=names, rows=(),
    )  # fmt: skip

    def step(masked: bool) -> None:
        nothing = nullcontext() if masked else patch("asr.padded._tail", lambda *_: None)
        with nothing, torch.autocast("cpu", torch.bfloat16, enabled=args.precision == "bf16"):
            loss = recognizer.task.loss(model(batch.waveforms), batch)
            model.zero_grad()
            loss.backward()

    masked, without = interleaved(lambda: step(True), lambda: step(False), rounds=args.rounds)
    print(
        f"with {1000 * masked:.2f} ms, without {1000 * without:.2f} ms: "
        f"{1 - without / masked:.1%} of a step is masking"
    )


if __name__ == "__main__":
    main()
