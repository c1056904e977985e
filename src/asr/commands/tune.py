"""``asr tune``: the weight of a language model and the bonus of a word, chosen on a dev set."""

import argparse

from asr.argument_types import count, count_or_none, path
from asr.commands.decoding_arguments import add_decoding, decoder_of
from asr.commands.shared_arguments import add_data, add_inference, add_model, say, source_of
from asr.errors import InputError

WHAT = "find the weight of a language model and the bonus of a word"
MORE = (
    "Computes what the model hears once, and searches it with many pairs of weight and bonus, "
    "which Optuna chooses (pip install -e '.[sweep]'). Prints the best, and with --output writes "
    "them for --decoding of the other commands. The error rate of the pair that is best on a set "
    "is too good to be true of others: tune on a dev set, and tell the error rate of a test set."
)
EXAMPLES = [
    "asr tune runs/mine --manifest dev.jsonl --lm bigrams.arpa --output tuned.json",
    "asr evaluate runs/mine --manifest test.jsonl --decoding tuned.json",
]
_SHOWN = 10


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    add_model(parser)
    add_data(parser)
    parser.add_argument("--trials", type=count, default=50, metavar="N", help="pairs tried (50)")
    parser.add_argument("--seed", type=count_or_none, default=1, metavar="N", help="of Optuna (1)")
    parser.add_argument("--output", type=path, metavar="FILE.json")
    add_decoding(parser)
    add_inference(parser)


def run(args: argparse.Namespace) -> int:
    """Search, and tell what was found."""
    from asr.evaluation.decoding_file import write_decoding
    from asr.evaluation.recognise import pick_device
    from asr.evaluation.table import table
    from asr.evaluation.tuning import heard, tuned
    from asr.language.beam import Beam

    settings = decoder_of(args)
    if not isinstance(settings, Beam) or settings.lm is None:
        raise InputError("asr tune: finds the weight of a language model; give --lm FILE")
    if args.output is not None and not args.output.parent.is_dir():
        raise InputError(f"--output {args.output}: there is no such folder; make it first")
    if args.output is not None and args.output.is_dir():
        raise InputError(f"--output {args.output}: is a folder; give a file to write")
    source = source_of(args)
    utterances = heard(
        args.model, source, channel=args.channel, device=pick_device(args.device),
        allow=args.allow,
    )  # fmt: skip
    found = tuned(utterances, settings, args.trials, args.seed)
    ranks = sorted(found.trials, key=lambda trial: trial.wer)[:_SHOWN]
    rows = [[f"{t.lm_weight:.3f}", f"{t.word_bonus:.3f}", f"{100 * t.wer:.2f} %"] for t in ranks]
    say(f"{found.utterances} utterances, greedy: wer {100 * found.greedy:.2f} %")
    say(table(["weight", "bonus", "wer"], rows))
    weight, bonus = round(found.best.lm_weight, 3), round(found.best.word_bonus, 3)
    say(f"best: --lm-weight {weight} --word-bonus {bonus}")
    if args.output is not None:
        from dataclasses import replace

        best = replace(settings, lm_weight=found.best.lm_weight, word_bonus=found.best.word_bonus)
        facts = {
            "model": str(args.model), "data": source.name, "utterances": found.utterances,
            "wer": found.best.wer, "greedy_wer": found.greedy,
            "trials": [trial._asdict() for trial in found.trials],
        }  # fmt: skip
        write_decoding(args.output, best, facts)
        say(f"written to {args.output}; use it: asr evaluate ... --decoding {args.output}")
    return 0
