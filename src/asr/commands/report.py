"""``asr report``: an evaluation as one HTML file."""

import argparse
import sys

from asr.argument_types import count_or_none, number, path
from asr.commands.shared_arguments import add_allow

WHAT = "make a page of an evaluation, to look at, listen to and search"
MORE = (
    "EVAL_DIR is a folder that asr evaluate --output wrote. The page is one HTML file that needs "
    "no server and no network: figures with intervals, plots, slices, confusions, calibration, and "
    "a table of all utterances with their alignment, to sort, search and filter. The utterances "
    "with the most errors can be heard, above their spectrogram and the model's probabilities of "
    "tokens. The page holds the transcripts and that audio: treat it as you treat them."
)
EXAMPLES = ["asr report results", "asr report results/after --compare results/before",
            "asr report results --output report.html --listen 200 --listen-mb 80"]  # fmt: skip


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    parser.add_argument("folder", type=path, metavar="EVAL_DIR", help="folder of an evaluation")
    parser.add_argument(
        "--compare", type=path, metavar="OTHER_DIR", help="an earlier one, of the same data"
    )
    parser.add_argument(
        "--output", type=path, metavar="FILE", help="where to write (report.html in EVAL_DIR)"
    )
    parser.add_argument(
        "--listen", type=count_or_none, default=50, metavar="N",
        help="utterances, those with the most errors, that can be heard (50)",
    )  # fmt: skip
    parser.add_argument(
        "--listen-mb", type=_megabytes, default=25.0, metavar="MB",
        help="most that their audio and pictures may take (25)",
    )  # fmt: skip
    parser.add_argument(
        "--model", type=path, metavar="MODEL", help="whose tokens to show (the one evaluated)"
    )
    add_allow(parser)


def run(args: argparse.Namespace) -> int:
    """Write the page."""
    from asr.errors import InputError
    from asr.evaluation.report.report import report
    from asr.text.printable import printable

    output = args.output or args.folder / "report.html"
    if args.output and not output.parent.is_dir():
        raise InputError(f"--output {output}: no folder {output.parent}; make it first")
    made = report(
        args.folder, args.compare, listen=args.listen, megabytes=args.listen_mb,
        model=args.model, allow=args.allow,
    )  # fmt: skip
    output.write_text(made.html, encoding="utf-8")
    for note in made.notes:
        sys.stderr.write(f"note: {printable(note)}\n")
    sys.stdout.write(
        f"written to {output}: {made.utterances} utterances, {made.heard} of them to be heard, "
        f"{output.stat().st_size / 1e6:.1f} MB\n"
    )
    return 0


def _megabytes(text: str) -> float:
    return number(text, 0, 10_000, "0 to 10000 megabytes")
