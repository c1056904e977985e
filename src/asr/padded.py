"""The one shape every variable-length batch takes: values padded on the right, and true lengths."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Literal, NamedTuple, cast

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

_OF_NUMPY = (torch.float32, torch.float64, torch.int64)
PaddingMode = Literal["zeros", "reflect", "replicate", "circular"]


class Padded(NamedTuple):
    """A batch of sequences padded on the right to a common length.

    Time is always the last axis, so waveforms, features, logits and tokens share this type.

    Attributes:
        values: ``(batch, ..., time)``. Entries past a sequence's length carry no meaning.
        lengths: ``(batch,)`` int64, the number of valid positions, at most ``time``.
    """

    values: Tensor
    lengths: Tensor

    @property
    def mask(self) -> Tensor:
        """``(batch, time)`` bool, true where a position is valid."""
        time = torch.arange(self.values.shape[-1], device=self.values.device)
        return time < self.lengths[:, None]

    @property
    def known_full(self) -> bool:
        """Whether nothing is padded, as far as that is known without waiting for a device."""
        if self.lengths.device.type != "cpu" or torch.compiler.is_compiling():
            return False
        return min(self.lengths.tolist(), default=0) >= self.values.shape[-1]

    def repeated(self, times: int) -> "Padded":
        """All sequences so many times: the whole batch, then the whole batch again."""
        rest = [1] * (self.values.dim() - 1)
        return Padded(self.values.repeat(times, *rest), self.lengths.repeat(times))

    def first(self, sequences: int) -> "Padded":
        """The first so many sequences."""
        return Padded(self.values[:sequences], self.lengths[:sequences])

    def zeroed(self, *, once: bool = False) -> "Padded":
        """The same batch with every padded entry set to zero, whatever was there.

        Values that another layer computed, see :func:`zero_computed`, are set where they are.

        Args:
            once: whether it goes into one convolution and nowhere else, so that the gradient
                which comes back is nobody else's, and is set to zero where it is, too.
        """
        if self.known_full:
            return self
        if not self.values.requires_grad:
            return self._replace(values=zero_beyond(self.values, self.lengths))
        return self._replace(values=_Zeroed.apply(self.values, self.lengths, once))


class _Zeroed(torch.autograd.Function):
    """Padding set to zero, and that of the gradient."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, lengths: Tensor, once: bool) -> Tensor:
        ctx.save_for_backward(lengths)
        ctx.zero = zero_beyond_ if once else zero_gradient
        return zero_computed(values, lengths)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None]:
        return ctx.zero(grad, *ctx.saved_tensors), None, None


def zero_beyond(values: Tensor, lengths: Tensor, value: float = 0) -> Tensor:
    """``values`` with zeros, or ``value``, beyond each length; itself where nothing is beyond."""
    tail = _tail(values, lengths)
    if tail is None:
        return values
    shortest, beyond = tail
    if not shortest:
        return values.masked_fill(beyond, value)
    # Filling by a mask is several times slower than copying on a CPU.
    copy = values.clone()
    copy[..., shortest:].masked_fill_(beyond, value)
    return copy


def zero_beyond_(values: Tensor, lengths: Tensor) -> Tensor:
    """``values`` after zeros were written into them beyond each length."""
    tail = _tail(values, lengths)
    if tail is None:
        return values
    frames = _frames(values)
    if frames is not None:
        frames.index_fill_(0, _padding(tuple(lengths.tolist()), values.shape[-1]), 0)
    elif _is_image(values):
        for padding in _paddings(values, lengths):
            padding.zero_()
    else:
        shortest, beyond = tail
        values[..., shortest:].masked_fill_(beyond, 0)
    return values


def zero_gradient(grad: Tensor, lengths: Tensor) -> Tensor:
    """:func:`zero_beyond` of a gradient, which mostly is zero there already: then itself."""
    frames = _frames(grad)
    if frames is not None:
        paddings = [frames.index_select(0, _padding(tuple(lengths.tolist()), grad.shape[-1]))]
    elif _is_image(grad):
        paddings = _paddings(grad, lengths)
    else:
        return zero_beyond(grad, lengths)
    return zero_beyond(grad, lengths) if any(map(torch.count_nonzero, paddings)) else grad


def _frames(values: Tensor) -> Tensor | None:
    """``(batch * time, channels)``, the same memory, if that is how it lies on a CPU."""
    if values.device.type != "cpu" or values.dim() != 3:
        return None
    rows = values.transpose(1, 2)
    return rows.view(-1, rows.shape[2]) if rows.is_contiguous() else None


@lru_cache(maxsize=64)
def _padding(lengths: tuple[int, ...], time: int) -> Tensor:
    """The rows of :func:`_frames` that are padding."""
    with torch.inference_mode(False):
        beyond = torch.arange(time) >= torch.tensor(lengths)[:, None]
        return beyond.flatten().nonzero()[:, 0]


def _is_image(values: Tensor) -> bool:
    """Whether it is ``(batch, maps, bands, time)`` on a CPU: too many rows for :func:`_padding`."""
    return values.device.type == "cpu" and values.dim() == 4


def _paddings(values: Tensor, lengths: Tensor) -> list[Tensor]:
    """What is beyond each length that leaves anything beyond it, in the same memory."""
    time = values.shape[-1]
    return [
        row[..., max(n, 0) :] for row, n in zip(values, lengths.tolist(), strict=True) if n < time
    ]


def zero_computed(values: Tensor, lengths: Tensor) -> Tensor:
    """:func:`zero_beyond_` of what a layer computed and a gradient goes through, else a copy.

    Past a length nothing has a meaning to those who still hold such values, and its gradient is
    zero; what a user gave is not written to. The version that autograd watches stays the same.
    """
    if torch.compiler.is_compiling():  # tensors in a graph have no base, and copies cost nothing
        return zero_beyond(values, lengths)
    base = values if values._base is None else values._base
    if base.is_leaf or 0 in values.stride():
        return zero_beyond(values, lengths)
    return zero_beyond_(values.data, lengths)


def _tail(values: Tensor, lengths: Tensor) -> tuple[int, Tensor] | None:
    """The shortest length, and what is beyond each length from there on, if anything is.

    In batches of similar duration that is little.
    """
    batch, *middle, time = values.shape
    if values.device.type != "cpu":
        # The shortest length is not to be waited for.
        beyond = torch.arange(time, device=values.device) >= lengths[:, None]
        return 0, beyond.view(batch, *(1 for _ in middle), time)
    known = tuple(lengths.tolist())
    shortest = max(min(known, default=time), 0)
    return None if shortest >= time else (shortest, _beyond(known, shortest, time, len(middle)))


@lru_cache(maxsize=64)  # all layers of a step ask for the same few
def _beyond(lengths: tuple[int, ...], shortest: int, time: int, middle: int) -> Tensor:
    with torch.inference_mode(False):
        beyond = torch.arange(shortest, time) >= torch.tensor(lengths)[:, None]
        return beyond.view(len(lengths), *(1 for _ in range(middle)), -1)


def common_length(length: int) -> int:
    """The least of a few lengths, 40 in each octave, that is at least ``length``.

    oneDNN makes a kernel for each shape that it meets, cuDNN chooses one, a graph is captured
    anew: batches of few lengths find theirs made. It costs a hundredth in padding on average.
    Round numbers, such as the samples of a second, are among the lengths.

    >>> [common_length(n) for n in (0, 7, 16_000, 16_001, 47_999)]
    [0, 7, 16000, 16400, 48000]
    """
    octave = max(length // 1000, 1).bit_length() - 1  # from 1000 * 2 ** octave
    step = 25 << octave if length >= 1000 else 1
    return -(-length // step) * step


def pad(sequences: Sequence[Tensor], value: float = 0, *, common: bool = False) -> Padded:
    """Stack sequences, equal but for their last axis, into one batch.

    Args:
        value: of the padding.
        common: whether to pad to a :func:`common_length`, unless several are equally long.

    >>> pad([torch.tensor([1, 2]), torch.tensor([3])]).values.tolist()
    [[1, 2], [3, 0]]

    Raises:
        ValueError: there are no sequences, or they differ in more than their last axis.
    """
    if not sequences:
        raise ValueError("a batch needs at least one sequence, got none")
    first = sequences[0]
    shapes = {tuple(sequence.shape[:-1]) for sequence in sequences}
    if len(shapes) > 1:
        raise ValueError(f"sequences must be equal but for their last axis, got {sorted(shapes)}")
    lengths = torch.tensor([sequence.shape[-1] for sequence in sequences], device=first.device)
    longest = int(lengths.max())
    if common and (len(lengths) == 1 or int(lengths.min()) < longest):
        longest = common_length(longest)
    values = first.new_empty((len(sequences), *shapes.pop(), longest))
    rows, target = list[Any](sequences), cast(Any, values)
    learnt = any(sequence.requires_grad for sequence in sequences)
    if first.device.type == "cpu" and first.dtype in _OF_NUMPY and not learnt:
        # NumPy copies in this thread; PyTorch would wake others for each row, which takes longer
        # than to copy it.
        rows, target = [sequence.numpy() for sequence in sequences], values.numpy()
    for i, row in enumerate(rows):
        target[i, ..., : row.shape[-1]] = row
        target[i, ..., row.shape[-1] :] = value
    return Padded(values, lengths)


def sent(values: Tensor, device: torch.device) -> Tensor:
    """``values`` on ``device``; a GPU is not waited for, which goes on with what it has to do."""
    return values.to(device, non_blocking=device.type == "cuda")


def extend(x: Padded, pads: tuple[int, int], mode: PaddingMode) -> Tensor:
    """Put frames before the first and after the true last frame of each sequence.

    Reflections go back and forth where a sequence is shorter than what is to be added.

    Shape: ``(batch, channels, time)`` to ``(batch, channels, pads[0] + time + pads[1])``; what
    lies beyond a sequence's own right padding is zero.
    """
    batch, channels, time = x.values.shape
    position = torch.arange(-pads[0], time + pads[1], device=x.values.device)
    length = x.lengths[:, None]
    last = (length - 1).clamp_min(0)
    if mode == "zeros":
        return torch.nn.functional.pad(x.zeroed().values, pads)
    if mode == "replicate":
        source = torch.minimum(position.clamp_min(0), last)
    elif mode == "circular":
        source = position.remainder(length.clamp_min(1))
    else:
        # A reflection is a triangle wave over the frames: 0 1 2 3 2 1 0 1 ...
        period = (2 * last).clamp_min(1)
        phase = position.remainder(period)
        source = torch.minimum(torch.minimum(phase, period - phase), last)
    source = source.clamp_max(time - 1)[:, None, :].expand(batch, channels, -1)
    beyond = (position >= length + pads[1]) | (length == 0)
    return x.values.gather(-1, source).masked_fill(beyond[:, None, :], 0)
