"""The whole network, from waveform to class logits."""

from collections.abc import Iterable
from typing import Protocol

import torch.nn.functional as F
from torch import Tensor, nn

from asr.features.normalize import Normalize
from asr.keyed import view_keys
from asr.layers.heads import HeadOptions
from asr.padded import Padded
from asr.span import Length, Span, shortest_input


class Features(Protocol):
    """What a features file must provide: a module from waveforms to frames."""

    sample_rate: int
    channels: int
    out_channels: int
    normalize: Normalize

    @property
    def span(self) -> Span:
        """What one frame depends on, in samples."""

    def output_length(self, length: Length) -> Length: ...

    def raw(self, waveforms: Padded) -> Padded:
        """The features before normalisation."""

    def __call__(self, waveforms: Padded) -> Padded: ...


class Encoder(Protocol):
    """What a model file must provide: a module over frames that states its width and span."""

    out_channels: int
    head_options: HeadOptions  # what its architecture says of the layer that follows it

    @property
    def span(self) -> Span:
        """What one output frame depends on, in input frames."""

    def output_length(self, length: Length) -> Length: ...

    def __call__(self, x: Padded) -> Padded: ...


class Augment(Protocol):
    """What a spectrogram augmentation must provide; ``keys`` decide all that is random."""

    def __call__(self, x: Padded, keys: Tensor) -> Padded: ...


class AcousticModel(nn.Module):
    """Features, encoder and head in one module, which is all that inference needs.

    Shape: waveforms ``(batch, channels, samples)`` to logits ``(batch, classes, frames)``.

    Args:
        augment: applied to the features in training, when the batch brings keys.
    """

    features: Features
    encoder: Encoder
    head: nn.Module

    def __init__(
        self,
        features: nn.Module,
        encoder: nn.Module,
        head: nn.Module,
        augment: Augment | None = None,
    ) -> None:
        super().__init__()
        self.features = features  # type: ignore[assignment]
        self.encoder = encoder  # type: ignore[assignment]
        self.head = head
        self.augment = augment
        self._shortest = shortest_input(self.features, shortest_input(self.encoder))

    def frames(self, samples: Length) -> Length:
        """Frames that the encoder gives for ``samples`` samples."""
        return self.encoder.output_length(self.features.output_length(samples))

    @property
    def span(self) -> Span:
        """What one logit frame depends on, in samples."""
        return self.features.span.then(self.encoder.span)

    @property
    def sample_rate(self) -> int:
        return self.features.sample_rate

    @property
    def hop_ms(self) -> float:
        """Milliseconds from one logit frame to the next."""
        return 1000 * self.span.stride / self.sample_rate

    def frame_seconds(self, frame: float) -> float:
        """The middle of what a logit frame hears, from the beginning of the waveform.

        It may lie before the beginning, where a causal network has heard only silence.
        """
        return (frame * self.span.stride + self.span.centre) / self.sample_rate

    def fit_statistics(self, waveforms: Iterable[Padded]) -> None:
        """Compute the global statistics of the features from training audio, if they need any."""
        if self.features.normalize.kind == "global":
            self.features.normalize.fit(self.features.raw(batch) for batch in waveforms)

    def forward(self, waveforms: Padded, keys: Tensor | None = None, views: int = 1) -> Padded:
        """Logits; in training, with keys, of several views that are augmented apart.

        The views differ in what is drawn from now on: masks and dropout. They share what was done
        to the waveform, and warps of time, so their frames are those of the same instants.

        Args:
            keys: ``(batch,)`` int64, which decide all that is random in augmentation.
            views: of each utterance, one or two, as so many batches one after the other.
        """
        lacking = self._shortest - waveforms.values.shape[-1]
        if lacking > 0:  # speed can make a whole batch too short for a frame; no length changes
            waveforms = waveforms._replace(values=F.pad(waveforms.values, (0, lacking)))
        x = self.features(waveforms)
        if self.training and keys is not None:
            if views > 1:
                x, keys = x.repeated(views), view_keys(keys, views)
            if self.augment is not None:
                x = self.augment(x, keys)
        return self.head(self.encoder(x))
