"""``asr threshold``: which threshold a keyword should have in long recordings."""

import argparse
import sys

from asr.argument_types import number, path
from asr.commands.shared_arguments import add_inference, add_model
from asr.commands.spot import sliding

WHAT = "choose thresholds of keywords by misses and false alarms per hour"
MORE = (
    "The manifest's files are long recordings; each row is a place in one, from offset on for "
    "duration seconds, where its label is said. A row whose label is no keyword only adds its "
    "recording, so that recordings of anything else tell the false alarms. Prints, for each "
    "keyword, the threshold with the fewest misses among those with no more false alarms than "
    "wanted; --write puts the thresholds into the bundle, for asr spot. "
    "With --output, spotting.json has every threshold."
)
EXAMPLES = [
    "asr threshold runs/mine --manifest long.jsonl --keyword yes --false-alarms 0.5 --write",
    "asr threshold runs/mine --manifest radio.jsonl --output results",
]


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    add_model(parser)
    parser.add_argument("--manifest", type=path, metavar="FILE", required=True, help="JSON lines")
    parser.add_argument("--split", help="a value of the manifest's column split")
    parser.add_argument(
        "--keyword", action="append", metavar="LABEL",
        help="may be repeated (the labels of the manifest that the model has)",
    )  # fmt: skip
    parser.add_argument(
        "--false-alarms", type=_rate, default=1.0, metavar="N", help="wanted, per hour (1)"
    )
    sliding(parser)
    parser.add_argument("--write", action="store_true", help="put the thresholds into the bundle")
    parser.add_argument("--output", type=path, metavar="DIR", help="folder for spotting.json")
    add_inference(parser)


def run(args: argparse.Namespace) -> int:
    """Choose thresholds, and write them where that is wanted."""
    from asr.bundle import add_facts, load_model
    from asr.errors import InputError
    from asr.evaluation.operating_points import Found, chosen, points, recordings, stored
    from asr.evaluation.recognise import channel_for, pick_device
    from asr.evaluation.source import manifest_rows
    from asr.evaluation.spotting import Sliding, detections, ready
    from asr.evaluation.table import table
    from asr.json_files import write_json
    from asr.text.printable import printable

    bundle = load_model(args.model, args.allow)
    recognizer = ready(bundle.recognizer)
    how = Sliding(args.window or Sliding().window, args.step or Sliding().step)
    known = recordings(manifest_rows(args.manifest, args.split))
    labels = {place[0] for each in known for place in each.keywords}
    keywords = args.keyword or [name for name in recognizer.vocabulary.symbols if name in labels]
    if not keywords:
        raise InputError(f"{args.manifest}: has no label that the model has; give --keyword")
    channel, device = channel_for(bundle, args.channel), pick_device(args.device)
    found = [
        Found(
            each, detections(recognizer, each.path, keywords, how, channel=channel, device=device)
        )
        for each in known
    ]  # fmt: skip
    curves = {keyword: points(found, keyword) for keyword in keywords}
    picked = {name: chosen(curve, args.false_alarms, name) for name, curve in curves.items()}
    hours = sum(each.seconds for each in known) / 3600
    rows = [
        [name, f"{each.threshold:.4f}", _percent(each.misses), f"{each.false_alarms_per_hour:.2f}"]
        for name, each in picked.items()
    ]
    sys.stdout.write(f"{len(known)} recordings, {hours:.2f} hours\n")
    sys.stdout.write(table(["keyword", "threshold", "misses", "false alarms/h"], rows) + "\n")
    told = {
        name: {
            **each._asdict(), "hours": hours, "data": str(args.manifest),
            "false_alarms_wanted": args.false_alarms,
        }
        for name, each in picked.items()
    }  # fmt: skip
    if args.output is not None:
        args.output.mkdir(parents=True, exist_ok=True)
        every = {name: [p._asdict() for p in curve] for name, curve in curves.items()}
        write_json(
            args.output / "spotting.json",
            {"model": str(args.model), **how._asdict(), "keywords": told, "points": every},
        )
    if args.write:
        _, before = stored(bundle.facts)
        same = all(before.get(name) == value for name, value in how._asdict().items())
        kept = before["keywords"] if same else {}  # of another window they mean nothing
        spotting = {**how._asdict(), "keywords": {**kept, **told}}
        file = add_facts(args.model, {"spotting": spotting}, args.allow)
        sys.stdout.write(f"written into {printable(str(file))}\n")
    return 0


def _percent(share: float | None) -> str:
    return "none said" if share is None else f"{100 * share:.2f} %"


def _rate(text: str) -> float:
    return number(text, 0, 1e6, "0 or more")
