"""Greedy recognition of the test split, from files to text: contenders of scripts/benchmark.py.

Both have the weights of the same bundle, so they should write the same texts, which are printed.
Starting processes and building the network are not counted; the median of five passes is.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import nn

from asr.bundle import load_model
from asr.cpu_settings import settle_cpu
from asr.data.corpora.manifest import Manifest
from asr.data.index import Index
from asr.evaluation.recognise import hearing
from scripts.bench.plain import Features, frames, greedy, load, network, read, stack

_MODEL, _PASSES = "separable_small", 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contender", choices=["plain", "asr"], required=True)
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--manifest", type=Path, required=True)
    parser.add_argument("--batch", type=int, required=True)
    args = parser.parse_args()
    seconds = float(_index(args.manifest).seconds.sum())
    with {"plain": _plain, "asr": _asr}[args.contender](args) as hear:
        texts = hear()  # what is found out once
        times = []
        for _ in range(_PASSES):
            began = time.perf_counter()
            hear()
            times.append(time.perf_counter() - began)
    print(json.dumps({"audio_per_second": seconds / statistics.median(times), "texts": texts}))


@contextmanager
def _plain(args: argparse.Namespace) -> Iterator[Callable[[], list[str]]]:
    model, features = _with_weights(network(_MODEL), args.bundle).eval(), Features(_MODEL)
    files = [path for path, _ in read(args.manifest, "test")]

    @torch.inference_mode()
    def hear() -> list[str]:
        texts = []
        for begin in range(0, len(files), args.batch):
            inputs = [features(load(path)) for path in files[begin : begin + args.batch]]
            lengths = frames(torch.tensor([x.shape[1] for x in inputs]))
            texts += greedy(model(stack(inputs)), lengths)
        return texts

    yield hear


def _with_weights(model: nn.Module, bundle: Path) -> nn.Module:
    """The plain network with the weights of a bundle, which come in the same order.

    Biases before a normalisation, which the bundle's network has not, are zero.
    """
    trained = load_model(bundle).recognizer.model
    weights = iter(value for name, value in trained.state_dict().items() if "features" not in name)
    *convolutions, _ = [layer for layer in model.modules() if isinstance(layer, nn.Conv1d)]
    biases = [layer.bias for layer in convolutions if layer.bias is not None]
    for bias in biases:
        nn.init.zeros_(bias)
    none = set(map(id, biases))
    for name, value in model.state_dict(keep_vars=True).items():
        if not name.endswith("num_batches_tracked") and id(value) not in none:
            value.data.copy_(next(weights))
    return model


@contextmanager
def _asr(args: argparse.Namespace) -> Iterator[Callable[[], list[str]]]:
    settle_cpu()
    recognizer = load_model(args.bundle).recognizer
    with hearing(recognizer, _index(args.manifest), batch=args.batch) as hear:
        yield lambda: [heard.hypothesis for heard in sorted(hear().heard)]


def _index(manifest: Path) -> Index:
    return Index.of(Manifest(path=str(manifest)).utterances("test"))


if __name__ == "__main__":
    main()
