"""Heads between the blocks of an encoder, which help to train it and are then left behind."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import cast

import torch
from torch import Tensor, nn

from asr.layers.sequential import TimeSequential
from asr.models.acoustic import AcousticModel
from asr.padded import Padded
from asr.span import shortest_input


class IntermediateHeads(nn.Module):
    """A head after each of some blocks, so that lower blocks learn from the targets themselves.

    Lee and Watanabe, 2021, section 2.3 (https://arxiv.org/abs/2102.03216). The network knows
    nothing of them: they listen while it runs.

    Args:
        model: whose encoder is a row of blocks.
        blocks: numbers of the blocks, as in the names of the encoder's weights.
        make_head: makes a head for so many channels.

    Raises:
        ValueError: there is no such block, or it is the last one, which has a head.
    """

    def __init__(
        self, model: AcousticModel, blocks: Sequence[int], make_head: Callable[[int], nn.Module]
    ) -> None:
        super().__init__()
        encoder = model.encoder
        if not isinstance(encoder, TimeSequential):
            raise ValueError(f"needs an encoder that is a row of blocks, got {type(encoder)}")
        last = len(encoder) - 1
        if len(set(blocks)) < len(blocks) or not all(0 <= block < last for block in blocks):
            raise ValueError(
                f"must be different numbers of blocks below the last one, which is {last}, got "
                f"{list(blocks)}"
            )
        self.blocks = tuple(blocks)
        widths = _widths(encoder, model.features.out_channels)
        self.heads = nn.ModuleList(make_head(widths[block]) for block in self.blocks)

    def forward(
        self, model: AcousticModel, waveforms: Padded, keys: Tensor, views: int
    ) -> tuple[Padded, list[Padded]]:
        """What ``model`` gives, and what each head makes of its block, in the order of blocks."""
        with _listening(cast(TimeSequential, model.encoder), self.blocks) as heard:
            logits = model(waveforms, keys, views)
        pairs = zip(self.heads, self.blocks, strict=True)
        return logits, [head(heard[block]) for head, block in pairs]


@contextmanager
def _listening(encoder: TimeSequential, blocks: Sequence[int]) -> Iterator[dict[int, Padded]]:
    """What comes out of some blocks while the encoder runs, bands as channels."""
    heard: dict[int, Padded] = {}

    def listen(block: int) -> Callable[..., None]:
        return lambda _layer, _given, output: heard.update(
            {block: output._replace(values=output.values.flatten(1, -2))}
        )

    hooks = [encoder[i].register_forward_hook(listen(i)) for i in blocks]
    try:
        yield heard
    finally:
        for hook in hooks:
            hook.remove()


@torch.no_grad()
def _widths(encoder: TimeSequential, channels: int) -> list[int]:
    """Channels that come out of each block."""
    modes = [(layer, layer.training) for layer in encoder.modules()]
    shortest = shortest_input(encoder)
    x = Padded(torch.zeros(1, channels, shortest), torch.tensor([shortest]))
    with _listening(encoder, range(len(encoder))) as heard:
        encoder.eval()(x)
    for layer, training in modes:  # of which some may be in evaluation mode for good
        layer.training = training
    return [heard[block].values.shape[1] for block in range(len(encoder))]
