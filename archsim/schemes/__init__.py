"""Update rules in families: `digital`, `pulsed`, `low_rank` and `streams`, with what several need
in `shared`.

A rule is a face (what it asks of the chip, `FAMILY/NAME.py`) and an algorithm (what it does to the
weights, in `FAMILY/algorithms/`, named by a string). A new file with a registered class, right in a
family, is picked up by itself, a user's own through `own_file`. Begin with `base.py`.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hwlib.errors import InputError, nearest, unknown

if TYPE_CHECKING:
    from archsim.schemes.base import Scheme

# what several families need: no rule stands in it, and some of it brings compiled kernels
_SHARED = "shared"


@functools.cache
def _import_own() -> None:
    """Import the faces: the modules that stand right in a family."""
    for family in pkgutil.iter_modules(__path__):
        if not family.ispkg or family.name == _SHARED:
            continue
        room = importlib.import_module(f"{__name__}.{family.name}")
        for module in pkgutil.iter_modules(room.__path__):
            # the sub-room `algorithms` brings compiled kernels; a training asks for what it needs
            if not module.ispkg:
                importlib.import_module(f"{room.__name__}.{module.name}")


def _classes() -> dict[str, type[Scheme]]:
    _import_own()
    from archsim.schemes.base import SCHEMES
    from archsim.schemes.own_file import load_installed

    load_installed()
    return SCHEMES


def list_schemes() -> dict[str, str]:
    """Scheme names with one line each."""
    return {name: cls.title for name, cls in sorted(_classes().items())}


def load_scheme(name: str | Scheme, settings: Mapping[str, Any] | None = None) -> Scheme:
    """A scheme by name with its settings ({"optimiser": "adam"}). Raises InputError for an unknown
    name or field.
    """
    from archsim.schemes.base import Scheme

    if isinstance(name, Scheme):
        # As it is where nothing changes: a user's own object may be more than its fields.
        return _validated(type(name), name.model_dump() | dict(settings)) if settings else name
    classes = _classes()
    if name not in classes and str(name).endswith(".py"):
        raise InputError(
            "unknown scheme",
            where="scheme",
            got=name,
            allowed=classes,
            hint="a file is run only where --scheme or archsim.schemes.own_file.load_scheme_file names it",
        )
    if name not in classes:
        raise unknown("scheme", name, classes)
    return _validated(classes[name], dict(settings or {}))


def _validated(kind: type[Scheme], settings: Mapping[str, Any]) -> Scheme:
    """The scheme of a class with its settings. Raises InputError for what is not allowed, with the
    nearest name.
    """
    from pydantic import ValidationError

    try:
        return kind(**settings)
    except ValidationError as error:
        fault = error.errors()[0]
        field = ".".join(map(str, fault["loc"]))
        where = f"scheme.{field}"
        given = fault["input"]
        if fault["type"] == "extra_forbidden":
            known = sorted(kind.model_fields)
            raise InputError(
                "unknown field", where=where, got=given, allowed=known, hint=nearest(field, known)
            ) from None
        if fault["type"] == "literal_error":
            # pydantic names them only in this text.
            words = [
                word.strip(" '")
                for word in fault["ctx"]["expected"].replace(" or ", ",").split(",")
            ]
            raise InputError(
                "not an allowed value",
                where=where,
                got=given,
                allowed=words,
                hint=nearest(str(given), words),
            ) from None
        raise InputError(fault["msg"], where=where, got=given) from None
