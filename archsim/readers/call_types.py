"""Types of the arguments of a public call, told before anything else is done.

Without it a wrong type ends where it is first used: in a traceback, after minutes, or nowhere, where
a text is taken for true. What a call takes is what its signature says; nothing is imported for it.
"""

from __future__ import annotations

import functools
import inspect
import numbers
import os
from collections.abc import Callable, Iterable, Mapping, Sized
from typing import Any, NamedTuple, TypeVar, cast

from hwlib.errors import InputError

Verb = TypeVar("Verb", bound=Callable[..., Any])


def _is_bool(value: object) -> bool:
    return isinstance(value, bool) or type(value).__name__ in ("bool_", "bool")  # numpy's too


def _is_sequence(value: object) -> bool:
    other = isinstance(value, str | bytes | Mapping)
    flat = getattr(value, "ndim", 1) == 1  # of an array
    return isinstance(value, Iterable) and isinstance(value, Sized) and flat and not other


_TESTS: dict[str, Callable[[object], bool]] = {
    "str": lambda value: isinstance(value, str),
    "Path": lambda value: isinstance(value, os.PathLike),
    "int": lambda value: isinstance(value, numbers.Integral) and not _is_bool(value),
    "float": lambda value: isinstance(value, numbers.Real) and not _is_bool(value),
    "bool": _is_bool,
    "None": lambda value: value is None,
    "Mapping": lambda value: isinstance(value, Mapping),
    "Sequence": _is_sequence,
    **dict.fromkeys(("Callable", "Steps", "Bar", "Watch", "Progress"), callable),
}
# Told by the names of a value's classes: a call that names one for types alone has not loaded it.
_CLASSES = (
    *("Network", "Trace", "Architecture", "Scheme", "Dataset", "TrainingSettings", "Space"),
    *("Observer", "Variant"),
)


class Alternative(NamedTuple):
    """An alternative of an annotation, and those of what a sequence holds; none of these: any."""

    name: str
    inside: tuple[Alternative, ...] = ()


def takes_its_types(*but: str) -> Callable[[Verb], Verb]:
    """Refuse arguments of other types than the signature of a public call says.

    What is annotated with anything but the usual types is left to the call.

    Args:
        but: arguments that the call tells of itself, with more than their types: a name that there is
            none of, with the nearest.
    """

    def refusing(verb: Verb) -> Verb:
        @functools.cache
        def signature() -> inspect.Signature:
            return inspect.signature(verb)  # at the first call: not every verb is called

        @functools.wraps(verb)
        def checked(*arguments: Any, **words: Any) -> Any:
            try:
                given = signature().bind(*arguments, **words).arguments
            except TypeError:
                given = {}  # too many, or a word that there is none of: the call's to tell
            for name, value in given.items():
                annotation = signature().parameters[name].annotation
                if name not in but and isinstance(annotation, str):
                    _require(name, value, annotation)
            return verb(*arguments, **words)

        return cast(Verb, checked)

    return refusing


def _require(name: str, value: object, annotation: str) -> None:
    kinds = _kinds(annotation)
    if kinds and not any(_is_a(value, kind) for kind in kinds):
        allowed = annotation.replace(" | ", ", ")
        raise InputError(
            "an argument of another type", where=name, got=_told(value), allowed=allowed
        )


@functools.cache
def _kinds(annotation: str) -> tuple[Alternative, ...]:
    """The alternatives of an annotation; none where one is not known."""
    depth = 0
    parts = [""]
    for letter in annotation:
        depth += (letter == "[") - (letter == "]")
        if letter == "|" and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    kinds = []
    for part in parts:
        name, _, inside = part.strip().partition("[")
        if name not in _TESTS and name not in _CLASSES:
            return ()
        kinds.append(
            Alternative(name, _kinds(inside[:-1]) if name == "Sequence" and inside else ())
        )
    return tuple(kinds)


def _is_a(value: Any, kind: Alternative) -> bool:
    if kind.name not in _TESTS:
        return any(own.__name__ == kind.name for own in type(value).__mro__)
    if not _TESTS[kind.name](value):
        return False
    return not kind.inside or all(any(_is_a(item, own) for own in kind.inside) for item in value)


def _told(value: object) -> object:
    """Numbers and texts as they are; of what may be long the type."""
    return value if isinstance(value, str | bytes | int | float) else type(value).__name__
