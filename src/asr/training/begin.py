"""The beginning of a run that fine-tunes: trained weights, and what of them may change."""

from collections.abc import Mapping, Set
from typing import Any, NamedTuple

from asr.assemble import Recognizer
from asr.training import report
from asr.training.finetuning import Finetuning
from asr.training.freeze import freeze
from asr.training.parameter_groups import rate_factors
from asr.training.transfer import transfer


class Beginning(NamedTuple):
    """How the weights of a recogniser are to be trained.

    Attributes:
        still: names of the layers that stay in evaluation mode.
        factors: of the learning rate, by the name of the parameter; 1 where there is none.
        facts: where the weights come from, to be kept in checkpoints and in the bundle.
    """

    still: Set[str] = frozenset()
    factors: Mapping[str, float] = {}
    facts: Mapping[str, Any] = {}


def begin(
    finetuning: Finetuning | None, pretrained: Recognizer | None, recognizer: Recognizer
) -> Beginning:
    """Give ``recognizer`` the weights of ``pretrained``, freeze, and say what was done.

    Args:
        pretrained: ``None`` where a stopped run goes on, which has weights of its own.

    Raises:
        InputError: a symbol or a pattern names nothing, or nothing is left to train.
    """
    if finetuning is None:
        return Beginning()
    if pretrained is not None:
        done = transfer(pretrained, recognizer, finetuning.pairs)
        report.announce_transfer(finetuning, done)
    still = freeze(recognizer.model, finetuning.freeze)
    factors = rate_factors(recognizer.model, finetuning.factors, finetuning.decay)
    report.announce_rates(recognizer.model, factors)
    source = {"name": finetuning.name, "sha256": finetuning.sha256}
    return Beginning(still, factors, {"finetuned_from": source})
