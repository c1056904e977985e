"""The ``asr`` command. What a command is and does stands in its own file in ``commands/``.

What a command needs is imported when it runs, so that ``asr --help`` loads neither torch nor
hydra. Whatever the user gave that cannot be used ends in one line and status 2.
"""

import sys
from collections.abc import Mapping, Sequence

from asr.cli_arguments import Command, make_parser
from asr.command_line import one_line_errors
from asr.commands import (
    align,
    check,
    compare,
    describe,
    evaluate,
    import_model,
    lm,
    report,
    robustness,
    runs,
    shard,
    spot,
    threshold,
    transcribe,
    tune,
)  # fmt: skip
from asr.cpu_settings import settle_cpu
from asr.errors import InputError
from asr.interrupts import hear_interrupts

COMMANDS: Mapping[str, Command] = {
    "evaluate": evaluate,
    "compare": compare,
    "report": report,
    "runs": runs,
    "transcribe": transcribe,
    "align": align,
    "spot": spot,
    "threshold": threshold,
    "robustness": robustness,
    "describe": describe,
    "check": check,
    "import": import_model,
    "shard": shard,
    "lm": lm,
    "tune": tune,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status."""
    given = list(sys.argv[1:] if argv is None else argv)
    hear_interrupts()
    help_of_train = given[:1] == ["train"] and {"-h", "--help"} & set(given)
    if given[:1] == ["train"] and not help_of_train:
        return train(given[1:])
    settle_cpu()
    with one_line_errors():
        try:
            if help_of_train:
                from asr.train_help import train_help

                sys.stdout.write(train_help())
                return 0
            args = make_parser(COMMANDS).parse_args(given or ["--help"])
            return COMMANDS[args.command].run(args)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise InputError(_of_system(error)) from error
        except KeyboardInterrupt:
            return 130


def train(overrides: Sequence[str]) -> int:
    """Run train.py."""
    try:
        import asr.train
    except KeyboardInterrupt:  # it takes seconds
        return 130

    # Lightning starts further processes by repeating the script in sys.argv[0]; under
    # `python -m asr` it would repeat the module, if it could see that there is one.
    sys.argv = [str(asr.train.__file__), *overrides]
    sys.modules["__main__"].__spec__ = None
    asr.train.main()
    return 0


def _of_system(error: OSError) -> str:
    name = f"{error.filename}: " if error.filename else ""
    return f"{name}{error.strerror or error}; check the path and its permissions"
