"""Keyword options of a public call: one record holds them with their defaults, the call shows them.

A verb with many options takes `**options: Unpack[SomeWords]`, which a type checker reads, and
`read_options` makes the record of it that the code behind the verb uses.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Protocol, TypeVar

from hwlib.errors import unknown


class _Record(Protocol):
    """A dataclass."""

    __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[Any]]]


Options = TypeVar("Options", bound=_Record)
Verb = TypeVar("Verb", bound=Callable[..., object])


def read_options(
    kind: type[Options], words: Mapping[str, Any], verb: Callable[..., object]
) -> Options:
    """The record of a call's options.

    Args:
        kind: a frozen dataclass with a default for each option.
        words: the options that the caller named.
        verb: the call, which `shows_options` gave its whole signature: a message lists every word
            that it takes, the ones before `**options` too.

    Returns:
        a `kind` with the words in it.

    Raises:
        InputError: for an option that there is none, with the nearest name.
    """
    known = [field.name for field in dataclasses.fields(kind)]
    for name in words:
        if name not in known:
            taken = [*inspect.signature(verb).parameters]
            raise unknown("option", name, taken, verb.__name__)
    return kind(**words)


def shows_options(kind: type[_Record]) -> Callable[[Verb], Verb]:
    """Put the fields of `kind` with their defaults in place of `**options` in a verb's signature.

    `help(verb)`, notebooks and editors then show every option; calls go on as they are.
    """

    def shown(verb: Verb) -> Verb:
        own = inspect.signature(verb)
        named = [p for p in own.parameters.values() if p.kind is not p.VAR_KEYWORD]
        taken = {parameter.name for parameter in named}
        for field in dataclasses.fields(kind):
            if field.name not in taken:
                option = inspect.Parameter(
                    field.name,
                    inspect.Parameter.KEYWORD_ONLY,
                    default=field.default,
                    annotation=field.type,
                )
                named.append(option)
        vars(verb)["__signature__"] = own.replace(parameters=named)
        return verb

    return shown
