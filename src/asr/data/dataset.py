"""From utterances on disk to examples in memory."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, cast

import torch
from torch import Tensor
from torch.utils.data import Dataset

from asr.data.audio import AudioError, Channel, read_audio
from asr.data.batch import Example, Unread
from asr.data.drawn import Drawn
from asr.data.index import Index
from asr.data.joining import join
from asr.data.pacing import Pacing, WaveformAugment
from asr.data.utterance import Utterance
from asr.keyed import generator, key
from asr.text.vocabulary import Vocabulary

Followers = Sequence[tuple[int, float]]


class _Heard(NamedTuple):
    utterance: Utterance
    waveform: Tensor
    reference: str
    tokens: Tensor


class SpeechDataset(Dataset[Example | Unread]):
    """Reads and tokenises utterances on demand.

    An item is asked for by row and epoch, so that its augmentation is a function of seed,
    epoch and utterance, whichever process reads it; what changes durations comes with what the
    epoch has drawn. What is joined is augmented as one.

    Args:
        target: what of an utterance is to be predicted.
        vocabulary: normalises and tokenises that.
        sample_rate: of the model, in hertz.
        channel: see :func:`~asr.data.audio.read_audio`; in place of ``"mix"`` or a number, the
            channel of an utterance that has one of its own.
        augment: applied to waveforms; ``None`` outside training.
        cache_bytes: how much decoded audio each process may keep.
    """

    def __init__(
        self,
        index: Index,
        *,
        target: Callable[[Utterance], str],
        vocabulary: Vocabulary,
        sample_rate: int,
        channel: Channel = "mix",
        augment: WaveformAugment | None = None,
        seed: int = 0,
        cache_bytes: int = 0,
    ) -> None:
        self.index = index
        self.target = target
        self.vocabulary = vocabulary
        self.sample_rate = sample_rate
        self.channel: Channel = channel
        self.augment = augment
        self.seed = seed
        self._room = cache_bytes
        self._decoded: dict[int, _Heard] = {}

    def __len__(self) -> int:
        return len(self.index)

    def __getitem__(self, where: tuple[int, int] | Drawn) -> Example | Unread:
        drawn = Drawn(*where)
        heard = self._heard(drawn.row)
        if isinstance(heard, Unread):
            return heard
        utterance, waveform, reference, tokens = heard
        again = (drawn.number,) if drawn.number else ()
        number = key(self.seed, drawn.epoch, utterance.id, *again)
        followers, follower_ids = list[int](), list[str]()
        if drawn.followers:
            waveform, reference, followers, follower_ids = self._joined(
                waveform, reference, drawn.followers, number
            )
            tokens = self._tokens(reference)
        augment = self.augment
        if drawn.factors and augment is not None:
            # It drew them, so it is a Pacing; to ask so here would take longer than to resample.
            augment = cast(Pacing, augment).paced(list(drawn.factors))
        if augment is not None:
            waveform = augment(waveform, self.sample_rate, generator(number))
        return Example(
            row=drawn.row,
            id=utterance.id,
            waveform=waveform,
            tokens=tokens,
            reference=reference,
            key=number,
            followers=tuple(followers),
            follower_ids=tuple(follower_ids),
        )

    def _joined(
        self, waveform: Tensor, reference: str, followers: Followers, number: int
    ) -> tuple[Tensor, str, list[int], list[str]]:
        waveforms, references = [waveform], [reference]
        pauses, rows, ids = list[int](), list[int](), list[str]()
        for row, pause in followers:
            heard = self._heard(row)
            if isinstance(heard, Unread):
                continue  # it is told when its own turn comes
            rows.append(row)
            ids.append(heard.utterance.id)
            pauses.append(round(pause * self.sample_rate))
            waveforms.append(heard.waveform)
            references.append(heard.reference)
        joined = join(waveforms, pauses, generator(key(number, "pauses")))
        return joined, " ".join(filter(None, references)), rows, ids

    def _tokens(self, reference: str) -> Tensor:
        return torch.tensor(self.vocabulary.encode(reference), dtype=torch.int64)

    def _heard(self, row: int) -> _Heard | Unread:
        if row in self._decoded:
            return self._decoded[row]
        utterance = self.index[row]
        try:
            waveform = self._read(utterance)
        except AudioError as error:
            return Unread(utterance.id, str(error))
        reference = self.vocabulary.normalize(self.target(utterance))
        heard = _Heard(utterance, waveform, reference, self._tokens(reference))
        size = waveform.nbytes + heard.tokens.nbytes
        if size <= self._room:
            self._room -= size
            self._decoded[row] = heard
        return heard

    def _read(self, utterance: Utterance) -> Tensor:
        return read_audio(
            utterance.path,
            self.sample_rate,
            channel=self._channel(utterance),
            offset=utterance.offset,
            seconds=utterance.seconds,
            window=utterance.window,
        )

    def _channel(self, utterance: Utterance) -> Channel:
        own = utterance.channel
        return self.channel if own is None or self.channel == "all" else own
