"""Several augmentations of features, one after the other."""

from collections.abc import Sequence

from torch import Tensor, nn

from asr.padded import Padded


class SpectrogramChain(nn.Module):
    """Apply augmentations of features in the order given.

    Shape: features ``(batch, bins, frames)`` and keys ``(batch,)`` int64 to the same features.

    Args:
        parts: each of another kind, for two of a kind would draw the same numbers.

    Raises:
        ValueError: two are of a kind.
    """

    def __init__(self, parts: Sequence[nn.Module]) -> None:
        super().__init__()
        kinds = [type(part).__name__ for part in parts]
        twice = sorted({kind for kind in kinds if kinds.count(kind) > 1})
        if twice:
            raise ValueError(f"parts must differ in kind, but {twice[0]} is there twice; join them")
        self.parts = nn.ModuleList(parts)

    def forward(self, features: Padded, keys: Tensor) -> Padded:
        for part in self.parts:
            features = part(features, keys)
        return features
