"""How texts are brought into one form before they are compared, and a record of it."""

from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any, get_args, get_type_hints

from asr.errors import InputError
from asr.text.normalizer import Normalizer
from asr.text.vocabulary import Vocabulary


def scoring_of(settings: Sequence[str]) -> Normalizer | None:
    """The normaliser that ``key=value`` settings describe; ``None`` where there are none.

    What is not set is kept as it is.

    Raises:
        InputError: there is no such key or value.
    """
    if not settings:
        return None
    chosen = {"case": "keep", "punctuation": "keep"}
    hints, known = get_type_hints(Normalizer), [field.name for field in fields(Normalizer)]
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals or key not in known:
            raise InputError(
                f"--scoring {setting}: write one of {', '.join(known)}, with its value, as in "
                "--scoring case=lower"
            )
        allowed = get_args(hints[key])
        if allowed and value not in allowed:
            raise InputError(f"--scoring {setting}: must be one of {', '.join(allowed)}")
        chosen[key] = value
    return Normalizer(**chosen)  # type: ignore[arg-type]


def on_record(scoring: Normalizer | None, vocabulary: Vocabulary) -> dict[str, Any]:
    """What ``summary.json`` says of it: whose rules were applied, and which they are."""
    if scoring is not None:
        return {"rules": "given", **asdict(scoring)}
    rules = dict(vocabulary.arguments.get("normalizer") or {})
    rules.pop("_target_", None)
    return {"rules": "of the model", **rules}
