"""``asr compare``: whether one model is better than another."""

import argparse
import sys

from asr.argument_types import path
from asr.commands.shared_arguments import add_slice

WHAT = "tell whether one of two evaluations of the same data is better"
MORE = (
    "A and B are folders that asr evaluate --output wrote, of the same utterances with the same "
    "references. Tells the difference of the rates with a paired bootstrap over speakers (over "
    "utterances where fewer than two are known), the matched-pairs test of transcripts or "
    "McNemar's test of labels, slices corrected for their number, the utterances that changed "
    "most, and a verdict: one is better if the interval excludes 0 and the test has p below 0.05."
)
EXAMPLES = ["asr compare results/before results/after", "asr compare a b --slice accent --json"]


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    parser.add_argument("a", type=path, metavar="A", help="folder of an evaluation")
    parser.add_argument("b", type=path, metavar="B", help="of another, on the same data")
    add_slice(parser, "differences")
    parser.add_argument("--output", type=path, metavar="DIR", help="folder for compare.json")
    parser.add_argument("--json", action="store_true", help="everything, machine-readable")


def run(args: argparse.Namespace) -> int:
    """Compare."""
    from asr.evaluation.compare import compare
    from asr.evaluation.comparison_text import to_text
    from asr.evaluation.evaluation_folder import read_evaluation
    from asr.json_files import to_json

    found = compare(read_evaluation(args.a), read_evaluation(args.b), args.slice)
    sys.stdout.write((to_json(found._asdict()) if args.json else to_text(found)) + "\n")
    if args.output is not None:
        found.write(args.output)
    return 0
