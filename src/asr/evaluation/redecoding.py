"""A trained recogniser with another decoder than it was trained with."""

from dataclasses import asdict
from typing import Any

from asr.assemble import Recognizer
from asr.decoding.prefix_beam import WIDEST, PrefixBeamDecoder
from asr.errors import InputError
from asr.language.beam import Beam
from asr.tasks.ctc import CTC, Decoder, RankingDecoder, WordDecoder


def with_decoder(recognizer: Recognizer, decoder: Decoder | WordDecoder | None) -> Recognizer:
    """The same network decoded by ``decoder``; as it is where there is none.

    Raises:
        InputError: the recogniser gives labels, or a file of the decoder cannot be used.
    """
    if decoder is None:
        return recognizer
    if not isinstance(recognizer.task, CTC):
        raise InputError("the model gives labels, which are not searched for; leave out --lm, "
                         "--lexicon, --hot-words, --beam, --decoding and --n-best")  # fmt: skip
    return recognizer._replace(task=CTC(recognizer.vocabulary, decoder))


def ranking(recognizer: Recognizer, count: int) -> Recognizer:
    """The recogniser with a decoder that ranks several transcripts: its own, or a prefix beam."""
    task = recognizer.task
    if isinstance(task, CTC) and isinstance(task.decoder, RankingDecoder):
        return recognizer
    return with_decoder(recognizer, PrefixBeamDecoder(width=min(max(16, 2 * count), WIDEST)))


def described(decoder: Decoder | WordDecoder | None) -> dict[str, Any] | None:
    """The settings of a decoder, for the record; ``None`` for the model's own."""
    if isinstance(decoder, Beam):
        return asdict(decoder)
    if isinstance(decoder, PrefixBeamDecoder):
        return {"width": decoder.width, "classes": decoder.classes}
    return None
