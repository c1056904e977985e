"""A head that averages over padding, as of an imported keyword spotter, in a network to transcribe.

It was refused with a traceback.
"""

import pytest

from asr.assemble import assemble
from asr.compose import compose
from asr.errors import InputError
from tests.tone_models import SMALL


def test_what_a_task_cannot_do_with_the_head_is_told_with_the_name_of_its_part() -> None:
    config = compose([*SMALL, "vocabulary.units=[a,b]", "+model.head.count_padding=true"])

    with pytest.raises(InputError, match="task: count_padding is of a mean over time"):
        assemble(config)
