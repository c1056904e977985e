"""``asr spot``: where in long recordings keywords are said."""

import argparse
import sys

from asr.argument_types import number, path, share
from asr.commands.shared_arguments import add_inference, add_model

WHAT = "find keywords in long recordings"
MORE = (
    "A window slides over each recording; where a keyword's probability is highest and at least "
    "its threshold, path, begin and end of the window in seconds, keyword and probability are "
    "printed. Thresholds are those that asr threshold --write put into the model, or --threshold. "
    "A recording that cannot be read does not stop the others; the exit status is then 2."
)
EXAMPLES = [
    "asr spot runs/mine meeting.flac",
    "asr spot runs/mine radio/*.wav --keyword yes --keyword no --threshold 0.9 --json",
]


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    add_model(parser)
    parser.add_argument("files", type=path, nargs="+", metavar="AUDIO")
    parser.add_argument(
        "--keyword", action="append", metavar="LABEL",
        help="to find; may be repeated (those that have a threshold)",
    )  # fmt: skip
    parser.add_argument("--threshold", type=share, metavar="P", help="in place of the model's own")
    sliding(parser)
    parser.add_argument("--json", action="store_true", help="a list of detections")
    add_inference(parser)


def sliding(parser: argparse.ArgumentParser) -> None:
    """Add how the window slides."""
    parser.add_argument(
        "--window", type=_seconds, metavar="S",
        help="length of the window (what the model's thresholds were found with, else 1)",
    )  # fmt: skip
    parser.add_argument(
        "--step", type=_seconds, metavar="S", help="from one window to the next (likewise, 0.1)"
    )


def run(args: argparse.Namespace) -> int:
    """Print what is found, recording by recording."""
    from asr.bundle import load_model
    from asr.data.audio import AudioError
    from asr.errors import InputError
    from asr.evaluation.operating_points import stored
    from asr.evaluation.recognise import channel_for, pick_device
    from asr.evaluation.spotting import Sliding, detections, ready
    from asr.json_files import to_json
    from asr.text.printable import printable

    bundle = load_model(args.model, args.allow)
    recognizer = ready(bundle.recognizer)
    thresholds, told = stored(bundle.facts)
    keywords = args.keyword or list(thresholds)
    without = [keyword for keyword in keywords if keyword not in thresholds]
    if args.threshold is None and (without or not keywords):
        raise InputError(
            f"{args.model}: has no threshold for {', '.join(without) or 'any keyword'}; find one "
            "by asr threshold --write, or give --threshold"
        )
    if args.threshold is not None:
        keywords = keywords or list(recognizer.vocabulary.symbols)
        thresholds = dict.fromkeys(keywords, args.threshold)
    how = Sliding(
        args.window or told.get("window", Sliding().window),
        args.step or told.get("step", Sliding().step),
    )
    failed, rows = False, []
    for file in args.files:
        try:
            found = detections(
                recognizer, file, keywords, how, channel=channel_for(bundle, args.channel),
                device=pick_device(args.device),
            )  # fmt: skip
        except AudioError as error:
            failed = True
            sys.stderr.write(f"error: {printable(str(error))}\n")
            continue
        for each in found:
            if each.score < thresholds[each.keyword]:
                continue
            rows.append({"path": str(file), **each._asdict()})
            if not args.json:
                times = f"{each.begin:.2f}\t{each.end:.2f}"
                sys.stdout.write(
                    f"{printable(str(file))}\t{times}\t{printable(each.keyword)}\t{each.score:.3f}\n"
                )
    if args.json:
        sys.stdout.write(to_json(rows) + "\n")
    return 2 if failed else 0


def _seconds(text: str) -> float:
    return number(text, 0.01, 60, "0.01 to 60 seconds")
