"""What it costs to look at every step for numbers that are not finite: ms of a step, and share.

    python -m scripts.bench.finite_steps model=separable_small

The same batch of noise with and without the look, taking turns; norms and clipping are in both.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from torch.nn.utils import clip_grads_with_norm_, get_total_norm
from torch.optim import AdamW

from asr.evaluation.untrained import untrained
from asr.padded import Padded
from asr.training.module import running_statistics
from asr.training.nonfinite import FiniteSteps

UTTERANCES, SECONDS = 8, 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("overrides", nargs="*")
    args = parser.parse_args()
    torch.manual_seed(0)
    recognizer, _ = untrained(args.overrides, None)
    model = recognizer.model.train()
    optimizer = AdamW(model.parameters(), lr=1e-4, fused=True)
    kept = [statistic for _, statistic in running_statistics(model, frozenset())]
    guard = FiniteSteps(Path(tempfile.gettempdir()), most=10)
    trainer: Any = SimpleNamespace(precision="32", global_step=0, current_epoch=0, global_rank=0)
    samples = SECONDS * model.sample_rate
    lengths = torch.full((UTTERANCES,), samples)
    waveforms = Padded(torch.randn(UTTERANCES, 1, samples), lengths)
    batch: Any = SimpleNamespace(ids=["noise"])
    tokens = Padded(torch.ones(UTTERANCES, 10, dtype=torch.int64), torch.full((UTTERANCES,), 10))
    taught: Any = SimpleNamespace(tokens=tokens)

    def step(guarded: bool) -> float:
        began = time.perf_counter()
        if guarded:
            guard.begin(kept)
        loss = recognizer.task.loss(model(waveforms), taught)
        if guarded:
            loss = guard.mark(loss, batch)
        optimizer.zero_grad()
        loss.backward()
        norm = get_total_norm([p.grad for p in model.parameters() if p.grad is not None])
        if guarded:
            guard.admit(norm, optimizer, trainer, model)  # type: ignore[arg-type]
        clip_grads_with_norm_(model.parameters(), 1.0, norm)
        optimizer.step()
        return 1000 * (time.perf_counter() - began)

    found: dict[bool, list[float]] = {False: [], True: []}
    for number in range(2 * args.rounds + 10):
        milliseconds = step(bool(number % 2))
        if number >= 10:
            found[bool(number % 2)].append(milliseconds)
    without, guarded = (statistics.median(found[key]) for key in (False, True))
    print(f"without {without:.2f} ms, with {guarded:.2f} ms: {guarded / without - 1:+.2%}")


if __name__ == "__main__":
    main()
