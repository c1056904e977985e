"""From a composed config to objects, checked first against the code that it configures.

A component's constructor is its schema: names, types and defaults are written once, in the
class that uses them, and every mistake in a run's config is reported before anything is built.
A node is a mapping with a ``_target_``, the dotted name of a class or function; ``_partial_``
leaves the call to the code, which knows the missing arguments. Nodes may hold nodes.
"""

import importlib
import inspect
import json
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import partial
from itertools import takewhile
from typing import Any, get_type_hints

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.errors import PydanticUndefinedAnnotation, PydanticUserError

from asr.errors import InputError

_DIRECTIVES = {"_target_", "_partial_"}


class ConfigError(InputError):
    """A config that its components would not accept; the message lists every mistake."""

    def __init__(self, mistakes: Sequence[str]) -> None:
        self.mistakes = mistakes
        super().__init__(f"the config does not fit the code: {' -- '.join(mistakes)}")


def check(
    config: Mapping[str, Any],
    schema: Mapping[str, Any],
    supplied: Mapping[str, set[str]] | None = None,
) -> None:
    """Check a resolved config: plain values by ``schema``, nodes by their signatures.

    Args:
        schema: annotation of each top-level key that is not a node.
        supplied: for each top-level key, the arguments that code will add to its node.

    Raises:
        ConfigError: a key is unknown, a target does not exist, an argument is unknown or
            missing, or a value has the wrong type.
    """
    mistakes: list[str] = []
    for key, value in config.items():
        if not _is_node(value) and key in schema:
            mistakes += _misfit(key, value, schema[key])
        elif not isinstance(value, Mapping) and key not in schema:
            mistakes.append(f"{key}: no such setting{_did_you_mean(key, [*config, *schema])}")
        mistakes += _mistakes(value, key, (supplied or {}).get(key, set()))
    if mistakes:
        raise ConfigError(mistakes)


def build(node: Any, at: str = "", **supplied: Any) -> Any:
    """Make the object that a node describes, and the nodes within it first.

    Args:
        at: full key of the node, for error messages.
        supplied: arguments known only at run time; they win over the config's.

    Raises:
        InputError: the constructor refuses its arguments.
    """
    if node is None:
        return None
    if not _is_node(node):
        raise InputError(
            f"{at}: {node!r} names no _target_, so nothing can be built of it; an override may "
            "have changed a choice that is not there"
        )
    target = locate(node["_target_"])
    arguments = {
        name: _build_within(value, f"{at}.{name}".lstrip("."))
        for name, value in node.items()
        if name not in _DIRECTIVES
    }
    if node.get("_partial_"):
        return partial(target, **arguments, **supplied)
    try:
        return target(**{**arguments, **supplied})
    except InputError:
        raise
    except Exception as error:  # a config may name any class, and a class raises what it likes
        told = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"{at}: {told}" if at else told) from error


def locate(name: str) -> Any:
    """The class or function with the dotted ``name``.

    Raises:
        InputError: there is none.
    """
    module_name, _, attribute = str(name).rpartition(".")
    try:
        module = importlib.import_module(module_name)
    except (ImportError, ValueError) as error:
        raise InputError(f"cannot import {name!r}: {error}") from error
    if not hasattr(module, attribute):
        near = _did_you_mean(attribute, [n for n in vars(module) if not n.startswith("_")])
        raise InputError(f"{module_name} has no {attribute!r}{near}")
    found = getattr(module, attribute)
    if not callable(found):
        raise InputError(f"{name!r} is neither a class nor a function, so it makes nothing")
    return found


def _build_within(value: Any, at: str) -> Any:
    if _is_node(value):
        return build(value, at)
    if isinstance(value, Mapping):
        return {key: _build_within(item, f"{at}.{key}") for key, item in value.items()}
    if isinstance(value, list):
        return [_build_within(item, f"{at}[{index}]") for index, item in enumerate(value)]
    return value


def _is_node(value: Any) -> bool:
    return isinstance(value, Mapping) and "_target_" in value


def _mistakes(value: Any, at: str, supplied: set[str] | None = None) -> Iterator[str]:
    if isinstance(value, Mapping):
        node = _is_node(value)
        if node:
            yield from _misfits(value, at, supplied or set())
        for key, item in value.items():
            # What code adds to a mapping of nodes, it adds to each of them.
            yield from _mistakes(item, f"{at}.{key}", None if node else supplied)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _mistakes(item, f"{at}[{index}]")


def _misfits(node: Mapping[str, Any], at: str, supplied: set[str]) -> Iterator[str]:
    try:
        target = locate(node["_target_"])
    except InputError as error:
        yield f"{at}._target_: {error}"
        return
    parameters = inspect.signature(target).parameters
    takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    hints = _type_hints(target)
    for name, value in node.items():
        if name in _DIRECTIVES:
            continue
        if name not in parameters and not takes_any:
            near = _did_you_mean(name, list(parameters))
            yield f"{at}.{name}: {node['_target_']} takes no such argument{near}"
        elif not _holds_node(value):
            yield from _misfit(f"{at}.{name}", value, hints.get(name, Any))
    if node.get("_partial_"):
        return
    for name, parameter in parameters.items():
        required = parameter.default is parameter.empty and parameter.kind not in (
            parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL,
        )  # fmt: skip
        if required and name not in node and name not in supplied:
            yield f"{at}.{name}: {node['_target_']} needs this argument"


def _type_hints(target: Any) -> dict[str, Any]:
    try:
        return get_type_hints(
            target.__init__ if inspect.isclass(target) else target, include_extras=True
        )
    except NameError:  # some libraries annotate with names they import only for type checkers
        return {}


def _holds_node(value: Any) -> bool:
    if isinstance(value, Mapping):
        return _is_node(value) or any(_holds_node(item) for item in value.values())
    return isinstance(value, list) and any(_holds_node(item) for item in value)


def _misfit(at: str, value: Any, hint: Any) -> Iterator[str]:
    # Strict JSON rules suit YAML: a list may fill a tuple, but "3" is not a number.
    try:
        adapter = TypeAdapter(hint, config=_pydantic_config(hint))
        written = json.dumps(value, allow_nan=False)
    except (PydanticUserError, PydanticUndefinedAnnotation):
        return  # an annotation that pydantic has no rule for; the constructor itself will judge
    except (TypeError, ValueError):
        yield f"{at}: must be a plain, finite value, got {value!r}"
        return
    try:
        adapter.validate_json(written, strict=True)
    except ValidationError as error:
        yield _plain(at, error)


def _pydantic_config(hint: Any) -> ConfigDict | None:
    own = ("__pydantic_config__", "model_fields")
    if any(hasattr(hint, name) for name in own) or hasattr(hint, "__required_keys__"):
        return None
    return ConfigDict(arbitrary_types_allowed=True, extra="forbid")


def _plain(at: str, error: ValidationError) -> str:
    """One line for what is wrong; of a union, everything that it would accept."""
    details = error.errors(include_url=False)
    # The members of a union each report below the place that they share.
    place = _shared([detail["loc"] for detail in details])
    where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    # Of a class pydantic could only say that JSON holds none.
    rules = [detail for detail in details if detail["type"] != "needs_python_object"]
    accepted = list(dict.fromkeys(detail["msg"] for detail in rules))
    unknown = [detail["type"] == "extra_forbidden" for detail in details]
    message = "no such key" if all(unknown) else " or ".join(accepted[:4] or ["does not fit"])
    given = details[0]["input"]
    told = repr(given)
    # YAML takes no, 010 and 12:30:45 for other things than text.
    text = any(detail["type"] == "string_type" for detail in details)
    quote = "; put text in quotes" if text and isinstance(given, bool | int | float) else ""
    return f"{at}{where}: {message}, got {told[:80]}{'...' if len(told) > 80 else ''}{quote}"


def _shared(places: list[tuple[int | str, ...]]) -> list[int | str]:
    """What all ``places`` begin with."""
    levels = takewhile(lambda level: len(set(level)) == 1, zip(*places, strict=False))
    return [level[0] for level in levels]


def _did_you_mean(name: str, known: list[str]) -> str:
    near = get_close_matches(name, [k for k in known if k != name], n=1)
    return f"; did you mean {near[0]}?" if near else ""
