"""Arguments by which a model is decoded otherwise than it was trained with."""

import argparse
from collections.abc import Callable
from typing import Any

from asr.argument_types import count, number, path
from asr.errors import InputError

_FILES = {"lm": "--lm", "lexicon": "--lexicon", "hot_words": "--hot-words"}
_NUMBERS = {"lm_weight": "--lm-weight", "word_bonus": "--word-bonus"}


def add_decoding(parser: argparse.ArgumentParser) -> None:
    """How to search for words, for :func:`decoder_of`."""
    group = parser.add_argument_group(
        "decoding",
        "Without these, as the model was trained; see docs/decoding.md.",
    )
    group.add_argument(
        "--lm", type=path, metavar="FILE",
        help="search with this language model: ARPA, also .gz, or a binary of KenLM",
    )  # fmt: skip
    group.add_argument(
        "--lm-weight", type=weight, metavar="A",
        help="of the natural logarithm of its probability (0.5)",
    )  # fmt: skip
    group.add_argument(
        "--word-bonus", type=bonus, metavar="B", help="that each word adds to the score (0)"
    )
    group.add_argument(
        "--lexicon", type=path, metavar="FILE",
        help="the words that can be heard, one a line, a spelling after a tab if need be (the "
        "words of --lm)",
    )  # fmt: skip
    group.add_argument(
        "--hot-words", type=path, metavar="FILE",
        help="words and phrases to hear more readily, one a line, a boost after a tab (3)",
    )  # fmt: skip
    group.add_argument(
        "--beam", type=count, metavar="WIDTH", help="beginnings of transcripts kept a frame (16)"
    )
    group.add_argument(
        "--search", choices=("auto", "flashlight", "python"),
        help="auto: flashlight if it is installed (auto)",
    )  # fmt: skip
    group.add_argument(
        "--decoding", type=path, metavar="FILE.json",
        help="all of these as asr tune wrote them; what else is given counts more",
    )  # fmt: skip


def decoder_of(args: argparse.Namespace) -> Any:
    """The decoder that :func:`add_decoding` has the user choose; ``None`` where none is chosen.

    Raises:
        InputError: a choice lacks another that it goes with.
    """
    given = {
        **{name: getattr(args, name) and str(getattr(args, name)) for name in _FILES},
        **{name: getattr(args, name) for name in _NUMBERS},
        "width": args.beam,
        "search": args.search,
    }
    given = {name: value for name, value in given.items() if value is not None}
    if args.decoding is not None:
        from asr.evaluation.decoding_file import read_decoding

        given = {**read_decoding(args.decoding), **given}
    if not given:
        return None
    if "lm_weight" in given and "lm" not in given:
        raise InputError("--lm-weight: is of a language model; give --lm FILE, or leave it out")
    if "lm" in given or "lexicon" in given:
        from asr.language.beam import Beam

        return _made(Beam, given)
    if lonely := [option for name, option in (_FILES | _NUMBERS).items() if name in given]:
        raise InputError(f"{lonely[0]}: is of a search for words; give --lm or --lexicon as well")
    if "width" not in given or given.get("search") == "flashlight":
        raise InputError("--search: is of a search for words; give --lm or --lexicon as well")
    from asr.decoding.prefix_beam import PrefixBeamDecoder

    return _made(PrefixBeamDecoder, {"width": given["width"]})


def _made(kind: Callable[..., Any], given: dict[str, Any]) -> Any:
    try:
        return kind(**given)
    except ValueError as error:  # of a width that --beam or the file of --decoding gave
        raise InputError(str(error)) from None


def weight(text: str) -> float:
    """A weight of a language model."""
    return number(text, 0, 100, "0 to 100")


def bonus(text: str) -> float:
    """What a word adds."""
    return number(text, -100, 100, "-100 to 100")
