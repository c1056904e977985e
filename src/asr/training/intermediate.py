"""The heads between blocks that a task asks for, and what a checkpoint calls them."""

from torch import nn

from asr.assemble import Recognizer
from asr.errors import InputError
from asr.models.intermediate import IntermediateHeads


def make_intermediate(recognizer: Recognizer) -> IntermediateHeads | None:
    """Fresh heads after the blocks that the task names; ``None`` where it names none.

    Raises:
        InputError: the encoder has no such blocks.
    """
    task = recognizer.task
    if not task.intermediate:
        return None
    try:
        return IntermediateHeads(recognizer.model, task.intermediate, task.make_head)
    except ValueError as error:
        raise InputError(f"task.intermediate: {error}") from error


def shapes(model: nn.Module, intermediate: nn.Module | None) -> dict[str, tuple[int, ...]]:
    """The shapes of all that training changes, by the names that a checkpoint gives them."""
    parts = {"model": model, "intermediate": intermediate}
    return {
        f"{part}.{name}": tuple(tensor.shape)
        for part, module in parts.items() if module is not None
        for name, tensor in module.state_dict().items()
    }  # fmt: skip
