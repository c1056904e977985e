"""What ``asr evaluate`` can be told of scoring, slices and confidences."""

import argparse


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    parser.add_argument(
        "--scoring", action="append", default=[], metavar="KEY=VALUE",
        help="compare texts in a form of your own in place of the model's: case=lower, upper or "
        "keep, punctuation=remove or keep, spare=CHARACTERS to keep; may be repeated",
    )  # fmt: skip
    parser.add_argument(
        "--slice", action="append", default=[], metavar="COLUMN",
        help="rates for each value of a column of the manifest, beside speaker, gender and "
        "duration; may be repeated",
    )  # fmt: skip
    parser.add_argument(
        "--precision", type=_share, default=0.95, metavar="P",
        help="share that should be right of what is not rejected for its confidence (0.95)",
    )  # fmt: skip
    parser.add_argument(
        "--latency", type=_utterances, default=0, nargs="?", const=100, metavar="N",
        help="time N utterances one by one, from file to text (100); not timed if not given",
    )  # fmt: skip


def _utterances(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= 1_000_000:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1, got {text!r}")
    return int(text)


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 < share <= 1:
        raise argparse.ArgumentTypeError(f"must be above 0, up to 1, got {text!r}")
    return share
