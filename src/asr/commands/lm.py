"""``asr lm train``: an n-gram language model of a text."""

import argparse
import sys

from asr.argument_types import path
from asr.errors import InputError
from asr.regular_file import refuse_endless

WHAT = "learn an n-gram language model from a text"
MORE = "By modified Kneser-Ney smoothing; writes an ARPA file, which KenLM reads as well."
EXAMPLES = ["asr lm train sentences.txt --order 2 --output bigrams.arpa"]


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("action", choices=("train",))
    parser.add_argument("text", type=path, metavar="TEXT", help="a sentence a line, UTF-8")
    parser.add_argument(
        "--order", type=_order, default=3, metavar="N", help="words of the longest n-grams (3)"
    )
    parser.add_argument("--output", type=path, required=True, metavar="FILE.arpa")


def run(args: argparse.Namespace) -> int:
    """Learn the model and write it."""
    from asr.language.kneser_ney import write_arpa

    refuse_endless(args.text)
    try:
        with args.text.open(encoding="utf-8") as text:
            write_arpa(text, args.order, args.output)
    except UnicodeDecodeError:
        raise InputError(f"{args.text}: is not UTF-8; give a text with a sentence a line") from None
    sys.stdout.write(f"written to {args.output}\n")
    return 0


def _order(text: str) -> int:
    if text not in {"1", "2", "3", "4", "5", "6"}:
        raise argparse.ArgumentTypeError(f"must be 1 to 6 words, got {text!r}")
    return int(text)
