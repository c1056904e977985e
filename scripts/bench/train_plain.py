"""Train the plain network and print the figures as JSON: one contender of scripts/benchmark.py."""

import argparse
import json
import random
from pathlib import Path

import torch
import torch.nn.functional as F
from torchmetrics.functional.text import word_error_rate

from asr.training import schedules
from scripts.bench.meter import Meter
from scripts.bench.plain import SYMBOLS, Features, frames, greedy, load, network, read, stack

_BATCH = 16


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--manifest", type=Path, required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--schedule", choices=["constant", "one_cycle"], default="constant")
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    draw = random.Random(args.seed)

    features = Features(args.model)
    texts, inputs, seconds = [], [], []
    for path, text in read(args.manifest, "train"):
        waveform = load(path)
        inputs.append(features(waveform))
        seconds.append(len(waveform) / 16_000)
        texts.append(torch.tensor([SYMBOLS.index(symbol) for symbol in text]))
    model = network(args.model)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=1e-3)
    batches = len(inputs) / _BATCH * args.seconds / sum(seconds)
    schedule = getattr(schedules, args.schedule)(optimizer, round(batches))
    meter = Meter(args.seconds)
    while not meter.done:
        order = draw.sample(range(len(inputs)), len(inputs))
        for begin in range(0, len(order), _BATCH):
            rows = order[begin : begin + _BATCH]
            x = stack([inputs[row] for row in rows])
            lengths = frames(torch.tensor([inputs[row].shape[1] for row in rows]))
            labels = [texts[row] for row in rows]
            logits = model(x)
            loss = F.ctc_loss(
                logits.log_softmax(1).permute(2, 0, 1), torch.cat(labels), lengths,
                torch.tensor([len(label) for label in labels]), blank=len(SYMBOLS),
            )  # fmt: skip
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            meter.step(sum(seconds[row] for row in rows), 0.01 * x.shape[2] * len(rows))
            if meter.done:
                break
    figures = meter.figures()
    print(json.dumps({**figures, "wer": _wer(model, features, args.manifest)}))


@torch.inference_mode()
def _wer(model: torch.nn.Module, features: Features, manifest: Path) -> float:
    model.eval()
    said, heard = [], []
    for path, text in read(manifest, "test"):
        x = features(load(path))[None]
        heard += greedy(model(x), frames(torch.tensor([x.shape[2]])))
        said.append(text)
    return float(word_error_rate(heard, said))


if __name__ == "__main__":
    main()
