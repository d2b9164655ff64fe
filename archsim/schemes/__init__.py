"""Update rules: one file each; a new file with a registered class is picked up by itself, a user's own through `own_file`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hwlib.errors import InputError, nearest, unknown

if TYPE_CHECKING:
    from archsim.schemes.base import Scheme


def _classes() -> dict[str, type[Scheme]]:
    for module in pkgutil.iter_modules(__path__):
        # algorithms and their kernels are loaded when a training asks for them
        if not module.name.endswith(("_rule", "_kernels", "_reference", "_apply")):
            importlib.import_module(f"{__name__}.{module.name}")
    from archsim.schemes.base import SCHEMES
    from archsim.schemes.own_file import load_installed

    load_installed()
    return SCHEMES


def list_schemes() -> dict[str, str]:
    """Scheme names with one line each."""
    return {name: cls.title for name, cls in sorted(_classes().items())}


def load_scheme(name: str | Scheme, settings: Mapping[str, Any] | None = None) -> Scheme:
    """A scheme by name with its settings ({"optimiser": "adam"}). Raises InputError for an unknown name or field."""
    from pydantic import ValidationError

    from archsim.schemes.base import Scheme

    if isinstance(name, Scheme):
        return name.model_copy(update=dict(settings or {}))
    classes = _classes()
    if name not in classes and str(name).endswith(".py"):
        raise InputError("unknown scheme", where="scheme", got=name, allowed=classes,
                         hint="a file is run only where --scheme or archsim.schemes.own_file.load_scheme_file names it")
    if name not in classes:
        raise unknown("scheme", name, classes)
    try:
        return classes[name](**dict(settings or {}))
    except ValidationError as error:
        fault = error.errors()[0]
        field = ".".join(map(str, fault["loc"]))
        known = sorted(classes[name].model_fields)
        hint = nearest(field, known) if fault["type"] == "extra_forbidden" else ""
        what = "unknown field" if fault["type"] == "extra_forbidden" else fault["msg"]
        raise InputError(what, where=f"scheme.{field}", got=fault["input"], allowed=known if hint else None, hint=hint) from None
