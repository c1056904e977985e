"""The benchmark's yardstick: the separable stacks in plain PyTorch, as one would write them.

nn.Conv1d with its own padding, nn.BatchNorm1d, float32, random batches of 16, features computed
beforehand and kept in memory.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import soundfile
import torch
import torchaudio
from torch import Tensor, nn

from asr.data.corpora.manifest import Manifest

SYMBOLS = " abcdefghijklmnopqrstuvwxyz'"
_BINS = {"separable_small": 80, "quartznet_5x5": 64}
_WINDOW = {"separable_small": 400, "quartznet_5x5": 320}  # samples


def separable(inputs: int, channels: int, kernel: int, dilation: int = 1) -> list[nn.Module]:
    """Depthwise, pointwise and batch normalisation."""
    reach = dilation * (kernel - 1)
    return [
        nn.Conv1d(inputs, inputs, kernel, padding=reach // 2, dilation=dilation, groups=inputs),
        nn.Conv1d(inputs, channels, 1),
        nn.BatchNorm1d(channels),
    ]


class Block(nn.Module):
    """Separable convolutions in a row and a shortcut around them."""

    def __init__(
        self, inputs: int, channels: int, kernel: int, repeat: int, projected: bool
    ) -> None:
        super().__init__()
        layers = separable(inputs, channels, kernel)
        for _ in range(repeat - 1):
            layers += [nn.ReLU(), *separable(channels, channels, kernel)]
        self.layers = nn.Sequential(*layers)
        self.shortcut = nn.Sequential()
        if projected or inputs != channels:
            self.shortcut.extend(
                [nn.Conv1d(inputs, channels, 1, bias=False), nn.BatchNorm1d(channels)]
            )

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.layers(x) + self.shortcut(x))


def network(name: str) -> nn.Module:
    """``separable_small`` or ``quartznet_5x5`` with a linear head of 29 outputs."""
    bins = _BINS[name]
    if name == "separable_small":
        first = [nn.Conv1d(bins, 128, 11, stride=2, padding=5), nn.BatchNorm1d(128), nn.ReLU()]
        sizes, repeat, projected = [(128, 13), (128, 15), (192, 17), (192, 21), (192, 25)], 2, False
        last, out = separable(192, 192, 29, dilation=2), (192, 256)
    else:
        first = [
            nn.Conv1d(bins, bins, 33, stride=2, padding=16, groups=bins),
            nn.Conv1d(bins, 256, 1), nn.BatchNorm1d(256), nn.ReLU(),
        ]  # fmt: skip
        sizes, repeat, projected = [(256, 33), (256, 39), (512, 51), (512, 63), (512, 75)], 5, True
        last, out = separable(512, 512, 87, dilation=2), (512, 1024)
    blocks: list[nn.Module] = []
    inputs = sizes[0][0]
    for channels, kernel in sizes:
        blocks.append(Block(inputs, channels, kernel, repeat, projected))
        inputs = channels
    end = [nn.Conv1d(*out, 1), nn.BatchNorm1d(out[1]), nn.ReLU(), nn.Conv1d(out[1], 29, 1)]
    return nn.Sequential(*first, *blocks, *last, nn.ReLU(), *end)


class Features:
    """Log-mel of one waveform ``(samples,)``, normalised by itself: ``(bins, frames)``.

    The default features of this application, in torchaudio's words.
    """

    def __init__(self, name: str) -> None:
        self.mel = torchaudio.transforms.MelSpectrogram(
            16_000, n_fft=512, win_length=_WINDOW[name], hop_length=160,
            n_mels=_BINS[name], pad_mode="constant",
        )  # fmt: skip

    def __call__(self, waveform: Tensor) -> Tensor:
        x = self.mel(waveform).clamp_min(1e-6).log()
        var, mean = torch.var_mean(x, 1, correction=0, keepdim=True)
        return (x - mean) * (var + 1e-5).rsqrt()


def read(manifest: Path, split: str) -> Iterator[tuple[Path, str]]:
    """Audio file and text of each utterance of a split."""
    corpus = Manifest(path=str(manifest))
    for utterance in corpus.utterances(split):  # type: ignore[arg-type]
        yield utterance.path, utterance.text


def load(path: Path) -> Tensor:
    samples, _ = soundfile.read(path, dtype="float32")
    return torch.from_numpy(np.asarray(samples))


def stack(features: Sequence[Tensor]) -> Tensor:
    """``(batch, bins, frames)``, zeros after the end of each."""
    return nn.utils.rnn.pad_sequence([x.T for x in features], batch_first=True).transpose(1, 2)


def frames(lengths: Tensor) -> Tensor:
    """Frames after the stride of 2."""
    return (lengths - 1) // 2 + 1


def greedy(logits: Tensor, lengths: Tensor) -> list[str]:
    texts = []
    for best, length in zip(logits.argmax(1), lengths.tolist(), strict=True):
        kept = torch.unique_consecutive(best[:length])
        texts.append("".join(SYMBOLS[i] for i in kept.tolist() if i < len(SYMBOLS)))
    return texts
