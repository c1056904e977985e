"""``asr robustness``: how much worse a model hears what is noisy, narrow or reverberant."""

import argparse
import sys

from asr.argument_types import number, path
from asr.commands.shared_arguments import add_batch, add_data, add_inference, add_model, source_of

WHAT = "tell how error rates grow with noise, a narrow band and reverberation"
MORE = (
    "Evaluates on the same utterances clean, with white and pink noise at several "
    "signal-to-noise ratios, with nothing above 4 kHz, and in rooms with several reverberation "
    "times. What is random depends on the utterance's id alone, so that all models hear the same. "
    "With --output, robustness.json."
)
EXAMPLES = [
    "asr robustness runs/mine --manifest test.jsonl --output results",
    "asr robustness runs/mine --manifest test.jsonl --noise 15 --noise 0 --reverberation 0.5",
]


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    add_model(parser)
    add_data(parser)
    add_batch(parser)
    parser.add_argument(
        "--noise", type=_ratio, action="append", metavar="DB",
        help="signal-to-noise ratio; may be repeated (20, 10, 5 and 0)",
    )  # fmt: skip
    parser.add_argument(
        "--reverberation", type=_rt60, action="append", metavar="SECONDS",
        help="in which a room loses 60 dB; may be repeated (0.3, 0.6 and 1)",
    )  # fmt: skip
    parser.add_argument("--output", type=path, metavar="DIR", help="folder for robustness.json")
    add_inference(parser)


def run(args: argparse.Namespace) -> int:
    """Evaluate under each condition."""
    from asr.evaluation.degradation import conditions
    from asr.evaluation.recognise import pick_device
    from asr.evaluation.robustness import robustness
    from asr.evaluation.table import table
    from asr.json_files import write_json

    chosen = {
        **({"ratios_db": tuple(args.noise)} if args.noise else {}),
        **({"seconds": tuple(args.reverberation)} if args.reverberation else {}),
    }
    source = source_of(args)
    found = list(
        robustness(
            args.model, source, conditions(**chosen), batch=args.batch, channel=args.channel,
            device=pick_device(args.device), allow=args.allow,
        )
    )  # fmt: skip
    names = sorted(found[0].rates, key=lambda name: name != found[0].metric)
    rows = [
        [
            each.name, *(f"{100 * each.rates[name]:.2f} %" for name in names),
            f"{100 * each.interval[0]:.2f} to {100 * each.interval[1]:.2f}",
        ]
        for each in found
    ]  # fmt: skip
    sys.stdout.write(table(["condition", *names, f"{names[0]}, 95 % interval"], rows) + "\n")
    if args.output is not None:
        args.output.mkdir(parents=True, exist_ok=True)
        told = {"model": str(args.model), "data": source.name}
        conditions_told = [each.to_json() for each in found]
        write_json(args.output / "robustness.json", {**told, "conditions": conditions_told})
    return 0


def _ratio(text: str) -> float:
    return number(text, -30, 100, "-30 to 100 dB")


def _rt60(text: str) -> float:
    return number(text, 0.01, 10, "0.01 to 10 seconds")
