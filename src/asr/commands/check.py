"""``asr check``: what a corpus holds and what is wrong with it."""

import argparse

from asr.argument_types import path, share
from asr.commands.shared_arguments import (
    add_allow,
    add_data,
    quiet,
    say,
    source_of,
)
from asr.errors import InputError
from asr.text.printable import printable

WHAT = "tell what a corpus holds and what is wrong with it"
MORE = (
    "Durations, sample rates, characters, words, labels and speakers of each split, and every "
    "fault: rows that cannot be read, audio that cannot, ids that repeat, ids, recordings, "
    "copies of them and speakers that splits share, the same audio with other texts, "
    "symbols outside the vocabulary of --model or of the training split, with --model "
    "utterances too short for their text, and with --decode audio that is silent, clipped, "
    "quiet or off centre. The exit status is 2 where training, with its settings as they come, "
    "would refuse the corpus as a whole: for malformed or repeated rows, a split of which too "
    "much is unusable, what train and test share other than speakers, or a label to be tested "
    "that training has not; else it is 0, whatever was found."
)
EXAMPLES = [
    "asr check --manifest all.jsonl",
    "asr check --corpus yesno --root data/yesno --decode",
    "asr check --manifest mine.jsonl --model runs/mine --json",
]


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    add_data(parser)
    parser.add_argument("--model", type=path, metavar="MODEL", help="that should suit the corpus")
    parser.add_argument("--decode", action="store_true", help="read every sample, not only headers")
    parser.add_argument("--good", type=path, metavar="FILE", help="write the usable rows there")
    parser.add_argument(
        "--bad", type=path, metavar="FILE", help="write the other rows there, each with its reason"
    )
    parser.add_argument(
        "--max-skip-fraction", type=share, default=0.01, metavar="SHARE",
        help="of a split that may be unusable, as data.max_skip_fraction of training (0.01)",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="everything, machine-readable")
    add_allow(parser)


def run(args: argparse.Namespace) -> int:
    """Tell what a corpus holds and what is wrong with it."""
    from asr.bundle import load_model
    from asr.evaluation.check import check
    from asr.evaluation.report_text import to_text, to_values
    from asr.evaluation.rows import read_rows
    from asr.evaluation.sorted_rows import write_sorted
    from asr.json_files import to_json

    if args.json:
        quiet()
    recognizer = load_model(args.model, args.allow).recognizer if args.model else None
    source = source_of(args)
    rows = read_rows(source)
    report = check(rows, recognizer, decode=args.decode, most_skipped=args.max_skip_fraction)
    write_sorted(rows, report, args.good, args.bad, args.manifest)
    say(to_json(to_values(report)) if args.json else to_text(report))
    if report.refusals:
        first, *more = report.refusals
        others = f" (and {len(more)} more reasons; --json lists them)" if more else ""
        raise InputError(f"{source.name}: training would refuse it: {printable(first)}{others}")
    return 0
