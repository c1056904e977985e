"""What the layers of a network give, compute and move, noted while it runs once."""

from collections.abc import Iterator
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from asr.models.acoustic import AcousticModel
from asr.padded import Padded

BYTES = 4  # of a number in float32, as which all is counted, whatever it is kept as
_MULTIPLIES = (nn.Conv1d, nn.Conv2d, nn.Linear)


class Tally:
    """Shapes, multiply-accumulates and memory traffic of one forward pass.

    Multiply-accumulates are those of every ``nn.Conv1d``, ``nn.Conv2d`` and ``nn.Linear``. The
    traffic of a layer is the bytes of its input, its output and its weights, each moved once, in
    float32; what it keeps for itself in between is not counted.
    """

    def __init__(self) -> None:
        self._shapes: dict[nn.Module, tuple[int, int]] = {}
        self._macs: dict[nn.Module, int] = {}
        self._activations: dict[nn.Module, int] = {}

    @torch.inference_mode()
    def run(self, model: AcousticModel, samples: int) -> None:
        """Run the model on silence of this many samples."""
        handles = list(self._hooks(model))
        waveforms = torch.zeros(1, model.features.channels, samples)
        try:
            model(Padded(waveforms, torch.tensor([samples])))
        finally:
            for handle in handles:
                handle.remove()

    def shape(self, layer: nn.Module) -> tuple[int, int]:
        """Channels and frames of the layer's output."""
        return self._shapes[layer]

    def macs(self, layer: nn.Module) -> int:
        """Multiply-accumulates of the layer and all in it."""
        return sum(self._macs.get(inner, 0) for inner in layer.modules())

    def traffic(self, layer: nn.Module) -> int:
        """Bytes that the layer reads and writes."""
        weights = sum(tensor.numel() for tensor in (*layer.parameters(), *layer.buffers()))
        return BYTES * (self._activations[layer] + weights)

    def _hooks(self, model: AcousticModel) -> Iterator[RemovableHandle]:
        for layer in model.modules():
            if isinstance(layer, _MULTIPLIES):
                yield layer.register_forward_hook(self._note_macs)
            else:
                yield layer.register_forward_hook(self._note_sizes)

    def _note_macs(self, layer: nn.Module, _: Any, output: Tensor) -> None:
        for_each = cast(Tensor, layer.weight)[0].numel()
        self._macs[layer] = self._macs.get(layer, 0) + output.numel() * for_each

    def _note_sizes(self, layer: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
        if not isinstance(output, Padded):
            return
        channels = output.values.shape[1:-1].numel()  # of maps of bands, all bands
        self._shapes[layer] = (channels, int(output.lengths[0]))
        moved = sum(x.values.numel() for x in (*inputs, output) if isinstance(x, Padded))
        self._activations[layer] = self._activations.get(layer, 0) + moved
