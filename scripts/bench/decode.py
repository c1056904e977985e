"""Word errors, speed and agreement of the searches for words, on logits computed once.

python scripts/bench/decode.py MODEL MANIFEST SPLIT LM WEIGHT BONUS
"""

import sys
import time
from pathlib import Path
from typing import Literal

import torch

from asr.data.index import Index
from asr.evaluation.source import Source
from asr.evaluation.tuning import Heard, heard
from asr.language.beam import Beam
from asr.padded import Padded
from asr.tasks.ctc import Decoder

SEARCHES: tuple[Literal["flashlight"], Literal["python"]] = ("flashlight", "python")


def decoded(utterances: Heard, decoder: Decoder) -> tuple[list[list[int]], float]:
    """Tokens of each utterance, and the seconds of processor time that they took."""
    began = time.process_time()
    found = [
        decoder(Padded(logits[None], torch.tensor([logits.shape[1]])), len(utterances.vocabulary))
        for logits in utterances.logits
    ]
    return [tokens for [tokens] in found], time.process_time() - began


def main() -> None:
    model, manifest, split, lm, weight, bonus = sys.argv[1:]
    torch.set_num_threads(1)
    source = Source(manifest=Path(manifest), split=split)
    seconds = float(Index.of(source.utterances()).seconds.sum())  # manifests may tell none
    utterances = heard(Path(model), source)
    for width in (16, 100):
        tokens = []
        for search in SEARCHES:
            settings = Beam(
                lm, lm_weight=float(weight), word_bonus=float(bonus), width=width, search=search
            )
            decoder = settings.fitted(utterances.vocabulary)
            found, taken = decoded(utterances, decoder)
            tokens.append(found)
            wer, speed = 100 * utterances.wer(decoder), taken / seconds
            sys.stdout.write(f"{width} {search}: wer {wer:.2f} %, {speed:.4f} of real time\n")
        differ = sum(a != b for a, b in zip(*tokens, strict=True))
        sys.stdout.write(f"{width}: {differ} of {len(tokens[0])} transcripts differ\n")


if __name__ == "__main__":
    main()
