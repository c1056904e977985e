"""What is said, or heard, in audio files of any kind."""

import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from math import inf
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from asr.assemble import Recognizer
from asr.data.audio import AudioError, Channel
from asr.decoding.hypothesis import Hypothesis
from asr.errors import InputError
from asr.evaluation.emission import emission
from asr.evaluation.n_best import Ranked, ranked
from asr.evaluation.pieces import Piece, pieces
from asr.evaluation.recognise import CPU, infer, label_probabilities, misfit
from asr.evaluation.redecoding import ranking
from asr.evaluation.side_by_side import side_by_side
from asr.evaluation.word_times import Word
from asr.models.folding import folded
from asr.padded import Padded, pad
from asr.tasks.classification import Classification
from asr.tasks.ctc import CTC, RankingDecoder

AUDIO_SUFFIXES = {".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aiff", ".aif", ".au", ".w64"}


class Transcript(NamedTuple):
    """What was recognised in one file.

    Attributes:
        seconds: duration of the recording.
        text: transcript, or label.
        words: with their times; empty for a label.
        alternatives: of each piece that was recognised at once, where they were asked for.
        probability: of the label; ``None`` for a transcript.
    """

    file: Path
    seconds: float
    text: str
    words: Sequence[Word] = ()
    alternatives: Sequence[Ranked] = ()
    probability: float | None = None


class Failure(NamedTuple):
    """A file that could not be used, and why, in one line that names it."""

    file: Path
    reason: str


class _Told(NamedTuple):
    timed: bool  # words with their times
    alternatives: int  # most of a piece; 0 for none
    bf16: bool


_Item = tuple[int, Path, Piece | str]  # number of the file, the file, a piece or what is wrong
_BATCHES, _MOST_SAMPLES = 16, 16_000 * 600


class _Part(NamedTuple):
    number: int  # of the file, in the order given
    found: Transcript | Failure


def audio_files(given: Iterable[Path]) -> list[Path]:
    """The files given, and the audio files in the folders given, at any depth and sorted.

    Raises:
        InputError: a folder holds no audio file.
    """
    files: list[Path] = []
    for path in given:
        if not path.is_dir():
            files.append(path)
            continue
        found = [Path(root) / name for root, _, names in os.walk(path) for name in names]
        found = sorted(file for file in found if file.suffix.lower() in AUDIO_SUFFIXES)
        if not found:
            raise InputError(f"{path}: holds no audio files; give files, or another folder")
        files += found
    return files


def transcribe(
    recognizer: Recognizer,
    files: Sequence[Path],
    *,
    batch: int = 8,
    channel: Channel = "mix",
    longest: float = 60.0,
    timed: bool = False,
    alternatives: int = 0,
    device: torch.device = CPU,
    bf16: bool = False,
) -> Iterator[Transcript | Failure]:
    """Recognise files, told in their order; those that cannot be read do not stop the others.

    Pieces of similar duration are recognised together, each core of a CPU at batches of its own.

    Args:
        batch: pieces recognised at once.
        channel: see :func:`~asr.data.audio.read_audio`.
        longest: in seconds; longer recordings are transcribed in pieces, see
            :func:`~asr.evaluation.pieces.pieces`. A label is always of a whole recording.
        timed: whether to find the times of words, and how sure the model is of each.
        alternatives: most transcripts to tell of each piece, the best first; 0 for none.
        bf16: see :func:`~asr.evaluation.recognise.infer`.

    Raises:
        InputError: alternatives are asked for, but the model gives labels.
    """
    recognizer = ranking(recognizer, alternatives) if alternatives else recognizer
    longest = inf if isinstance(recognizer.task, Classification) else longest
    read = _read(recognizer, files, channel, longest)
    told = _Told(timed, alternatives, bf16)
    parts = _recognised(recognizer, read, batch, told, device)
    for _, group in groupby(parts, key=lambda part: part.number):
        yield _joined([part.found for part in group])


def _read(
    recognizer: Recognizer, files: Sequence[Path], channel: Channel, longest: float
) -> Iterator[_Item]:
    """The pieces of all files, or what is wrong with a file."""
    model = recognizer.model
    for number, file in enumerate(files):
        try:
            for piece in pieces(file, model.sample_rate, channel=channel, longest=longest):
                reason = misfit(piece.waveform, model)
                # A last piece too short to give a frame holds nothing; a file, nothing at all.
                if reason is None or piece.begin == 0:
                    yield number, file, f"{file}: {reason}" if reason else piece
        except AudioError as error:
            yield number, file, str(error)


def _recognised(
    recognizer: Recognizer,
    read: Iterator[_Item],
    batch: int,
    told: _Told,
    device: torch.device,
) -> Iterator[_Part]:
    """What was heard in each item, in their order."""
    model = folded(recognizer.model).to(device)

    def recognised(items: Sequence[_Item]) -> list[_Part]:
        waveforms = [piece.waveform for _, _, piece in items if isinstance(piece, Piece)]
        logits = None
        if waveforms:
            logits = infer(model, pad(waveforms, common=True), device, bf16=told.bf16)
        transcripts = iter(_transcripts(recognizer, waveforms, logits, told) if logits else ())
        return [
            _Part(number, Failure(file, piece))
            if isinstance(piece, str)
            else _Part(number, _placed(next(transcripts), file, piece.begin))
            for number, file, piece in items
        ]

    places = deque[list[int]]()  # of the batches under way, among all items

    def batches() -> Iterator[list[_Item]]:
        first = 0
        for window in _windows(read, batch):
            order = sorted(range(len(window)), key=lambda place: _samples(window[place]))
            for begin in range(0, len(order), batch):
                chosen = order[begin : begin + batch]
                places.append([first + place for place in chosen])
                yield [window[place] for place in chosen]
            first += len(window)

    with side_by_side(recognised, device) as over:
        early, due = dict[int, _Part](), 0
        for found in over(batches()):
            early.update(zip(places.popleft(), found, strict=True))
            while due in early:
                yield early.pop(due)
                due += 1


def _windows(read: Iterator[_Item], batch: int) -> Iterator[list[_Item]]:
    """Items that are read before the first of them is told: some batches of them, or minutes."""
    window, samples = list[_Item](), 0
    for item in read:
        window.append(item)
        samples += _samples(item)
        if len(window) >= _BATCHES * batch or samples >= _MOST_SAMPLES:
            yield window
            window, samples = [], 0
    if window:
        yield window


def _samples(item: _Item) -> int:
    return item[2].waveform.shape[1] if isinstance(item[2], Piece) else 0


def _transcripts(
    recognizer: Recognizer, waveforms: Sequence[Tensor], logits: Padded, told: _Told
) -> list[Transcript]:
    seconds = [waveform.shape[1] / recognizer.model.sample_rate for waveform in waveforms]
    task = recognizer.task
    if isinstance(task, CTC):
        spoken = _spoken(task, logits, told.alternatives)
        utterances = zip(waveforms, spoken, logits.values, logits.lengths.tolist(), strict=True)
        return [
            _transcript(recognizer, task, hypotheses, waveform, values[:, :length], told)
            for waveform, hypotheses, values, length in utterances
        ]
    labels = zip(
        seconds, task.predict(logits), label_probabilities(recognizer, logits), strict=True
    )
    return [Transcript(Path(), lasted, text, probability=p) for lasted, text, p in labels]


def _spoken(task: CTC, logits: Padded, alternatives: int) -> list[list[Hypothesis]]:
    """The best transcript of each utterance, or several."""
    if alternatives and isinstance(task.decoder, RankingDecoder):
        return task.decoder.n_best(logits, task.blank, alternatives)
    return [[Hypothesis(tuple(each), 0.0)] for each in task.decoder(logits, task.blank)]


def _transcript(
    recognizer: Recognizer,
    task: CTC,
    hypotheses: Sequence[Hypothesis],
    waveform: Tensor,
    logits: Tensor,
    told: _Told,
) -> Transcript:
    tokens, seconds = hypotheses[0].tokens, waveform.shape[1] / recognizer.model.sample_rate
    [text] = task.texts([tokens])
    words = list[Word]()
    if told.timed:
        words = emission(recognizer.model, waveform, logits).words(tokens, task)
    several = ranked(task, logits, hypotheses, seconds) if told.alternatives else []
    return Transcript(Path(), seconds, text, words, several)


def _placed(heard: Transcript, file: Path, begin: float) -> Transcript:
    """A piece's transcript with its words at their place in the whole recording."""
    words = [w._replace(begin=begin + w.begin, end=begin + w.end) for w in heard.words]
    end = begin + heard.seconds
    several = [Ranked(begin, end, each.alternatives) for each in heard.alternatives]
    return heard._replace(file=file, words=words, alternatives=several)


def _joined(parts: Sequence[Transcript | Failure]) -> Transcript | Failure:
    transcripts: list[Transcript] = []
    for part in parts:
        if isinstance(part, Failure):
            return part
        transcripts.append(part)
    return transcripts[0]._replace(
        seconds=sum(part.seconds for part in transcripts),
        text=" ".join(part.text for part in transcripts if part.text),
        words=[word for part in transcripts for word in part.words],
        alternatives=[each for part in transcripts for each in part.alternatives],
    )
