"""``asr runs``: the runs of a folder side by side."""

import argparse
import sys
from pathlib import Path

from asr.argument_types import path

WHAT = "list runs with what differs in their configs, metrics and costs"
MORE = (
    "Finds the runs in DIR and below it, the best first. Of the configs those keys are told that "
    "differ; seconds are of training, and x real time is seconds of audio trained on in each. What "
    "is unfinished or broken is told after the others. --importance tells which settings explain "
    "the differences of the metric, each by itself, and --plot draws it. --over tells the mean"
    " over seeds, folds or speakers left out."
)
EXAMPLES = ["asr runs", "asr runs runs/sweep --sort cer --csv", "asr runs runs/seeds --over seed",
            "asr runs runs/sweep --sort wer --plot importance.png"]  # fmt: skip


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    parser.add_argument(
        "folder", type=path, nargs="?", default=Path("runs"), metavar="DIR", help="(runs)"
    )
    parser.add_argument(
        "--sort", metavar="NAME", help="a metric of the test, a cost or a key of the config "
        "(the metric that the runs watched)",
    )  # fmt: skip
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="everything, machine-readable")
    form.add_argument("--csv", action="store_true", help="every key that differs, as a table")
    parser.add_argument(
        "--importance", action="store_true", help="which settings explain the metric"
    )
    parser.add_argument(
        "--over", nargs="+", default=[], metavar="KEY", help="and the mean of the metric over "
        "runs that differ in nothing but these keys of the config, such as seed",
    )  # fmt: skip
    parser.add_argument(
        "--plot", type=path, metavar="FILE",
        help="draw that, to .png, .svg or .pdf; needs the extra plot",
    )  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """List them."""
    from asr.evaluation.description_plot import refuse_plot
    from asr.evaluation.table import table
    from asr.json_files import to_json
    from asr.leaderboard.averages import averages, averages_text
    from asr.leaderboard.board import leaderboard, to_csv, to_text
    from asr.leaderboard.importance import importance
    from asr.leaderboard.importance_plot import plot
    from asr.leaderboard.run import find_runs

    if args.plot is not None:
        refuse_plot(args.plot)
    board = leaderboard(find_runs(args.folder), args.sort)
    found = importance(board.runs, board.by) if args.importance or args.plot else []
    together = averages(board.runs, board.by, args.over) if args.over else []
    if args.json:
        told = {each.key: each.share for each in found}
        means = [each._asdict() for each in together]
        sys.stdout.write(to_json({**board.to_json(), "importance": told, "over": means}) + "\n")
    else:
        sys.stdout.write(to_csv(board) if args.csv else to_text(board) + "\n")
    if args.over and not args.json and not args.csv:
        sys.stdout.write("\n" + averages_text(together, board.by) + "\n")
    if args.importance and not args.json and not args.csv:
        rows = [[each.key, f"{100 * each.share:.0f} %", each.groups] for each in found[:20]]
        header = ["key", f"of the variance of {board.by}", "groups"]
        sys.stdout.write("\n" + table(header, rows) + "\n")
    if args.plot is not None:
        plot(found, board.by, args.plot)
        if not args.json and not args.csv:
            sys.stdout.write(f"written to {args.plot}\n")
    return 0
