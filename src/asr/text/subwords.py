"""Subword units learnt by SentencePiece (Kudo and Richardson, 2018, arXiv:1808.06226)."""

import base64
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Literal

from asr.errors import InputError
from asr.text.normalizer import Normalizer

_UNKNOWN = 0  # SentencePiece insists on one; it is never taught, so never predicted


class Subwords:
    """A SentencePiece model trained on the training transcripts, kept inside the bundle.

    Args:
        size: tokens wanted; fewer are made when the transcripts do not hold so many.
        kind: ``"unigram"`` or ``"bpe"``.
        model: a trained model, base64 of its file; ``None`` trains one.
        normalizer: applied to every transcript; SentencePiece's own rules are turned off.

    Raises:
        InputError: the ``sentencepiece`` package is missing.
        ValueError: the model cannot be read.
    """

    def __init__(
        self,
        size: int = 256,
        *,
        kind: Literal["unigram", "bpe"] = "unigram",
        model: str | None = None,
        normalizer: Normalizer | None = None,
    ) -> None:
        if size < 2:
            raise ValueError(f"size must be at least 2 tokens, got {size}")
        self.size = size
        self.kind: Literal["unigram", "bpe"] = kind
        self.model = model
        self.normalizer = normalizer or Normalizer()
        self._processor = _load(model) if model is not None else None

    def __len__(self) -> int:
        return self._processor.get_piece_size() if self._processor else 0

    @property
    def symbols(self) -> Sequence[str]:
        return [self._processor.id_to_piece(i) for i in range(len(self))] if self._processor else []

    @property
    def arguments(self) -> Mapping[str, Any]:
        normalizer = {
            "_target_": f"{Normalizer.__module__}.{Normalizer.__qualname__}",
            **asdict(self.normalizer),
        }
        return {
            "size": self.size, "kind": self.kind, "model": self.model, "normalizer": normalizer,
        }  # fmt: skip

    def fitted(self, texts: Iterable[str]) -> "Subwords":
        if self.model is not None:
            return self
        sentencepiece = _sentencepiece()
        sentences = [text for text in map(self.normalize, texts) if text]
        if not sentences:
            raise InputError("no subwords to learn: the training transcripts are empty")
        written = io.BytesIO()
        try:
            sentencepiece.SentencePieceTrainer.train(
                sentence_iterator=iter(sentences),
                model_writer=written,
                vocab_size=self.size,
                model_type=self.kind,
                hard_vocab_limit=False,
                character_coverage=1.0,
                normalization_rule_name="identity",
                max_sentence_length=1 << 20,
                unk_id=_UNKNOWN,
                bos_id=-1,
                eos_id=-1,
                num_threads=1,  # the order of sums must not depend on the machine
                minloglevel=2,
            )
        except RuntimeError as error:
            reason = str(error).rpartition("] ")[2] or str(error)
            raise InputError(
                f"{self.size} subwords cannot be learnt from these transcripts ({reason}); choose "
                "another vocabulary.size"
            ) from None
        model = base64.b64encode(written.getvalue()).decode("ascii")
        return Subwords(self.size, kind=self.kind, model=model, normalizer=self.normalizer)

    def normalize(self, text: str) -> str:
        return self.normalizer(text)

    def encode(self, text: str) -> list[int]:
        tokens: list[int] = self._trained().encode(text)
        return [token for token in tokens if token != _UNKNOWN]

    def decode(self, tokens: Sequence[int]) -> str:
        kept = [token for token in tokens if token != _UNKNOWN]
        return " ".join(str(self._trained().decode(kept)).split())

    def unknown(self, text: str) -> Counter[str]:
        processor = self._trained()
        pieces = zip(processor.encode(text), processor.encode(text, out_type=str), strict=True)
        return Counter(piece for token, piece in pieces if token == _UNKNOWN)

    def _trained(self) -> Any:
        if self._processor is None:
            raise ValueError("the subwords are not learnt yet; call fitted() first")
        return self._processor


def _sentencepiece() -> Any:
    try:
        import sentencepiece
    except ImportError:
        raise InputError(
            "subword units need the sentencepiece package: pip install -e '.[sentencepiece]', "
            "or choose vocabulary=characters or vocabulary=words"
        ) from None
    return sentencepiece


def _load(model: str) -> Any:
    processor = _sentencepiece().SentencePieceProcessor()
    try:
        processor.LoadFromSerializedProto(base64.b64decode(model, validate=True))
    except (ValueError, RuntimeError) as error:
        raise ValueError(f"the SentencePiece model cannot be read: {error}") from None
    return processor
