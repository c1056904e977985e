"""Fine-tuning for labels copied the outputs of words that CTC had trained, and began far worse."""

import torch

from asr.assemble import Recognizer, assemble
from asr.compose import compose
from asr.training.transfer import transfer
from tests.tone_models import SMALL


def _recognizer(units: str, *more: str) -> Recognizer:
    return assemble(compose([*SMALL, f"vocabulary.units=[{units}]", *more]))


def _of_labels(units: str) -> Recognizer:
    return _recognizer(units, "task=classification", "vocabulary=labels")


def _head(recognizer: Recognizer) -> torch.Tensor:
    return recognizer.model.head.project.weight.detach().clone()


def test_namesakes_of_another_task_begin_fresh_both_ways() -> None:
    for old, new in [
        (_recognizer("a,b"), _of_labels("b,c")),
        (_of_labels("a,b"), _recognizer("b,c")),
    ]:
        fresh = _head(new)

        done = transfer(old, new)

        assert torch.equal(_head(new), fresh)
        assert (done.rows, set(done.new)) == (0, set(new.task.classes))


def test_what_a_pair_names_is_copied_even_so() -> None:
    old, new = _recognizer("a,b"), _of_labels("b,c")
    trained, fresh = _head(old), _head(new)

    done = transfer(old, new, [("a", "c")])

    classes = list(old.task.classes)
    assert torch.equal(_head(new), torch.stack([fresh[0], trained[classes.index("a")]]))
    assert (done.rows, done.new) == (1, ("b",))
