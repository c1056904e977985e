"""What a recogniser hears in the utterances of an index: one process's share of them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import Tensor
from typing_extensions import TypedDict, Unpack

from asr.assemble import Recognizer
from asr.bundle import Bundle
from asr.data.audio import Channel
from asr.data.batch import Batch, Example, Unread, collate
from asr.data.dataset import SpeechDataset
from asr.data.index import Index
from asr.data.pacing import WaveformAugment
from asr.data.sampler import BatchSampler
from asr.decoding.confidence import confidence
from asr.errors import InputError
from asr.evaluation.side_by_side import side_by_side
from asr.models.acoustic import AcousticModel
from asr.models.folding import folded
from asr.padded import Padded
from asr.tasks.classification import Classification
from asr.tasks.ctc import CTC

CPU = torch.device("cpu")
_MOST_SECONDS = 600.0  # of padded audio in a batch, however many utterances are allowed


class Heard(NamedTuple):
    """What was recognised in one utterance.

    Attributes:
        row: position of the utterance in its index.
        reference: normalised transcript or label that should have been recognised.
        hypothesis: what was.
        probability: of the predicted label; ``None`` for a transcript.
        probabilities: of all labels, in the order of the vocabulary.
        confidence: that the transcript is right, 0 to 1; ``None`` for a label.
    """

    row: int
    reference: str
    hypothesis: str
    probability: float | None = None
    probabilities: tuple[float, ...] | None = None
    confidence: float | None = None


class Share(NamedTuple):
    """What one process has to tell, in no particular order."""

    heard: list[Heard]
    unread: list[Unread]


class How(TypedDict, total=False):
    """What :func:`hearing` may be told."""

    batch: int
    channel: Channel
    device: torch.device
    rank: int
    world: int
    augment: WaveformAugment | None
    confident: bool
    bf16: bool


def recognise(recognizer: Recognizer, index: Index, **how: Unpack[How]) -> Share:
    """Recognise the utterances of ``index``, see :func:`hearing`."""
    with hearing(recognizer, index, **how) as hear:
        return hear()


@contextmanager
def hearing(
    recognizer: Recognizer,
    index: Index,
    *,
    batch: int = 16,
    channel: Channel = "mix",
    device: torch.device = CPU,
    rank: int = 0,
    world: int = 1,
    augment: WaveformAugment | None = None,
    confident: bool = False,
    bf16: bool = False,
) -> Iterator[Callable[[], Share]]:
    """A function that recognises ``index``, in batches of similar duration.

    On a CPU each core recognises batches of its own, see
    :func:`~asr.evaluation.side_by_side.side_by_side`, with what it needs kept between calls.

    Args:
        batch: most utterances at once.
        channel: see :func:`~asr.data.audio.read_audio`.
        device: to compute on.
        rank: of this process, which takes every ``world``-th batch.
        augment: what is done to each waveform before; its randomness depends on the id alone.
        confident: whether to tell how sure the model is of each transcript.
        bf16: see :func:`infer`.
    """
    dataset = SpeechDataset(
        index,
        target=recognizer.task.target,
        vocabulary=recognizer.vocabulary,
        sample_rate=recognizer.model.sample_rate,
        channel=channel,
        augment=augment,
    )
    batches = BatchSampler(
        index.seconds,
        max_seconds=_MOST_SECONDS,
        max_utterances=batch,
        shuffle=False,
        rank=rank,
        world=world,
    )
    model = folded(recognizer.model).to(device)

    def heard(places: Sequence[tuple[int, int]]) -> Share:
        loaded = collate([_fitting(dataset[place], model) for place in places])
        if not isinstance(loaded, Batch):
            return Share([], list(loaded))
        logits = infer(model, loaded.waveforms, device, bf16=bf16)
        found = _found(recognizer, logits, confident)
        rows = map(Heard, loaded.rows, loaded.references, *found)
        return Share(list(rows), list(loaded.unread))

    with side_by_side(heard, device) as over:

        def hear() -> Share:
            share = Share([], [])
            for part in over(batches):
                share.heard.extend(part.heard)
                share.unread.extend(part.unread)
            return share

        yield hear


@torch.inference_mode()
def infer(
    model: AcousticModel, waveforms: Padded, device: torch.device = CPU, *, bf16: bool = False
) -> Padded:
    """Logits in full float32: no autocast, and no TensorFloat on a GPU.

    Args:
        bf16: whether to compute in bf16 all the same, which is faster where the device has it
            and rounds to three digits; features stay as they are.
    """
    if next(model.parameters()).device != device:
        model.to(device)
    with (
        torch.autocast(device.type, torch.bfloat16, enabled=bf16),
        torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False),
    ):
        logits: Padded = model(Padded(*(part.to(device) for part in waveforms)))
    return logits._replace(values=logits.values.float())


def label_probabilities(recognizer: Recognizer, logits: Padded) -> Sequence[float | None]:
    """Probability of each utterance's label; ``None`` for transcripts."""
    if not isinstance(recognizer.task, Classification):
        return [None] * len(logits.values)
    best: list[float] = logits.values[..., 0].float().softmax(dim=1).amax(dim=1).tolist()
    return best


def _found(recognizer: Recognizer, logits: Padded, confident: bool) -> Sequence[Sequence[Any]]:
    """What the last four fields of :class:`Heard` hold for each utterance."""
    none, task = [None] * len(logits.values), recognizer.task
    if isinstance(task, CTC):
        sequences = task.decoder(logits, task.blank)  # once: a search takes its time
        utterances = zip(logits.values, logits.lengths.tolist(), sequences, strict=True)
        beliefs = none if not confident else [
            confidence(values[:, :length], tokens, task.blank)
            for values, length, tokens in utterances
        ]  # fmt: skip
        return task.texts(sequences), none, none, beliefs
    hypotheses = task.predict(logits)
    if not isinstance(task, Classification):
        return hypotheses, none, none, none
    each = logits.values[..., 0].float().softmax(dim=1).tolist()
    probabilities = label_probabilities(recognizer, logits)
    return hypotheses, probabilities, [tuple(row) for row in each], none


def pick_device(name: str) -> torch.device:
    """The device called ``auto``, ``cpu`` or ``cuda``.

    Raises:
        InputError: there is no such device here.
    """
    if name == "cuda" and not torch.cuda.is_available():
        raise InputError("--device cuda: there is no GPU that PyTorch can use; use --device cpu")
    return torch.device("cuda" if torch.cuda.is_available() and name != "cpu" else "cpu")


def channel_for(bundle: Bundle, channel: Channel | None) -> Channel:
    """The channel asked for; where none is, the one that the model was trained on."""
    if channel is not None:
        return channel
    learnt = bundle.facts.get("channel")
    if isinstance(learnt, int) or learnt in ("mix", "all"):
        return learnt
    return "all" if bundle.recognizer.model.features.channels > 1 else "mix"


def _fitting(item: Example | Unread, model: AcousticModel) -> Example | Unread:
    if isinstance(item, Unread):
        return item
    reason = misfit(item.waveform, model)
    return item if reason is None else Unread(item.id, reason)


def misfit(waveform: Tensor, model: AcousticModel) -> str | None:
    """Why the model cannot take a waveform ``(channels, samples)``, if so."""
    channels, samples = waveform.shape
    if channels != model.features.channels:
        return f"has {channels} channel(s), but the model takes {model.features.channels}"
    if not model.frames(samples):
        return "too short: the model gives no frame"
    return None
