"""Greedy recognition of the test split, from files to text: contenders of scripts/benchmark.py.

Both networks have fresh weights of the same shapes; what they write is not what is compared.
Starting the process and building the network are not counted.
"""

import argparse
import json
import time
from pathlib import Path

import torch

from asr.cpu_settings import settle_cpu
from asr.data.corpora.manifest import Manifest
from asr.data.index import Index
from asr.evaluation.recognise import recognise
from asr.evaluation.untrained import untrained
from scripts.bench.plain import Features, frames, greedy, load, network, read, stack

_MODEL = "separable_small"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contender", choices=["plain", "asr"], required=True)
    parser.add_argument("--manifest", type=Path, required=True)
    parser.add_argument("--batch", type=int, required=True)
    args = parser.parse_args()
    torch.manual_seed(1)
    hear = _plain(args) if args.contender == "plain" else _asr(args)
    hear()  # what is found out once
    began, cpu = time.perf_counter(), time.process_time()
    seconds = hear()
    wall = time.perf_counter() - began
    figures = {"audio_per_second": seconds / wall}
    print(json.dumps({**figures, "audio_per_cpu_second": seconds / (time.process_time() - cpu)}))


def _plain(args: argparse.Namespace):  # type: ignore[no-untyped-def]
    model, features = network(_MODEL).eval(), Features(_MODEL)
    files = [path for path, _ in read(args.manifest, "test")]

    @torch.inference_mode()
    def hear() -> float:
        seconds = 0.0
        for begin in range(0, len(files), args.batch):
            waveforms = [load(path) for path in files[begin : begin + args.batch]]
            inputs = [features(waveform) for waveform in waveforms]
            lengths = frames(torch.tensor([x.shape[1] for x in inputs]))
            greedy(model(stack(inputs)), lengths)
            seconds += sum(len(waveform) for waveform in waveforms) / 16_000
        return seconds

    return hear


def _asr(args: argparse.Namespace):  # type: ignore[no-untyped-def]
    settle_cpu()
    recognizer = untrained([f"model={_MODEL}", "vocabulary=characters"]).recognizer
    recognizer.model.eval()
    index = Index.of(Manifest(path=str(args.manifest)).utterances("test"))

    def hear() -> float:
        recognise(recognizer, index, batch=args.batch)
        return float(index.seconds.sum())

    return hear


if __name__ == "__main__":
    main()
