"""The parts of this application in a bare loop, without Lightning: same batches, same kernels.

The batches are read beforehand and kept in memory, so what is left out is reading, logging,
callbacks and the Trainer.
"""

import argparse
import json

import torch

from asr.assemble import assemble
from asr.compose import compose
from asr.config import build, locate
from asr.cpu_settings import settle_cpu
from asr.data.batch import Batch
from asr.training.parameter_groups import parameter_groups
from scripts.bench.meter import Meter


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--precision", choices=["32", "bf16"], default="bf16")
    parser.add_argument("overrides", nargs="*")
    args = parser.parse_args()
    settle_cpu()
    config = compose(args.overrides)
    torch.manual_seed(config["seed"])
    features = build(config["features"], "features")
    data = build(
        config["data"], "data", corpus=build(config["corpus"], "corpus"), seed=config["seed"],
        sample_rate=features.sample_rate, channels=features.channels,
        augment=build(config["augment"]["waveform"], "augment.waveform"),
    )  # fmt: skip
    data.read()
    task = locate(config["task"]["_target_"])
    vocabulary = build(config["vocabulary"], "vocabulary").fitted(data.targets(task.target))
    spectrogram_augment = build(config["augment"]["spectrogram"], "augment.spectrogram")
    recognizer = assemble(config, vocabulary, spectrogram_augment)
    data.bind(recognizer.task, recognizer.model.frames)
    batches, left = [], args.seconds
    for batch in data.train_dataloader():
        batches.append(batch)
        left -= _seconds(batch)
        if left <= 0:
            break
    model = recognizer.model.train()
    optimizer_of = build(config["optimizer"], "optimizer")
    optimizer = optimizer_of(parameter_groups(model.named_parameters(), optimizer_of, {}))
    meter = Meter(args.seconds)
    while not meter.done:
        for batch in batches:
            with torch.autocast("cpu", torch.bfloat16, enabled=args.precision == "bf16"):
                loss = recognizer.task.loss(model(batch.waveforms, batch.keys), batch)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            meter.step(_seconds(batch), batch.waveforms.values[:, 0].numel() / 16_000)
            if meter.done:
                break
    print(json.dumps(meter.figures()))


def _seconds(batch: Batch) -> float:
    return float(batch.waveforms.lengths.sum()) / 16_000


if __name__ == "__main__":
    main()
