"""Which names an axis may have: every field of the architecture, of the scheme and of training, and
the words of a workload.
"""

from __future__ import annotations

import typing
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from archsim.chip.replicas import BY_LAYER, KIND, TRAINING
from hwlib.errors import InputError, nearest

# What one design chooses besides fields: names of files or built-in things, and whole numbers.
WORDS = ("network", "architecture", "scheme", "device", "phase", "batch", "images")
_LABELS = ("schema", "name", "title", "source", "notes")


def check_field(path: str, where: str) -> None:
    """Raises InputError with the nearest field where `path` is neither a word nor a field of the
    architecture, scheme or training.
    """
    keys = path.split(".")
    if path in WORDS:
        return
    if keys[0] == "scheme":
        _check_scheme_field(keys[1:], where)
        return
    annotation, keys = _root(keys)
    if path == TRAINING or path.startswith((f"{TRAINING}.", f"{BY_LAYER}.", f"{KIND}.")):
        return  # one number, or one of a layer; the network says whether it has that layer
    for depth, key in enumerate(keys):
        # placement.copies, components: the names are the user's
        if typing.get_origin(annotation) is dict:
            annotation = typing.get_args(annotation)[1]
            continue
        if annotation is Any:
            return
        if not hasattr(annotation, "model_fields"):
            raise InputError(
                "no such field to explore",
                where=where,
                got=path,
                hint=f"'{'.'.join(keys[:depth])}' is a single value",
            )
        # By the words of a chip's file, of which some are no names in Python.
        known = {field.alias or name: field for name, field in annotation.model_fields.items()}
        if key not in known or path in _LABELS:
            listed = sorted(set(known) - set(_LABELS)) + (
                list(WORDS) if depth == 0 and path[:9] != "training." else []
            )
            raise InputError(
                "no such field to explore",
                where=where,
                got=path,
                allowed=listed,
                hint=nearest(key, listed),
            )
        annotation = known[key].annotation
    if hasattr(annotation, "model_fields"):
        listed = [f"{path}.{name}" for name in annotation.model_fields]
        raise InputError("a group of fields, not a field", where=where, got=path, allowed=listed)


def _root(keys: list[str]) -> tuple[Any, list[str]]:
    """The model that a field belongs to, and its path in there."""
    if keys[0] == "training" and len(keys) > 1:
        from archsim.training.settings import TrainingSettings

        return TrainingSettings, keys[1:]
    from archsim.chip.config import Architecture

    return Architecture, keys


@lru_cache(maxsize=4096)
def of_chip(path: str) -> bool:
    """True for a field of the chip: neither a word nor a field of the scheme or of training."""
    return path not in WORDS and path.split(".")[0] not in ("scheme", "training")


def _check_scheme_field(keys: list[str], where: str) -> None:
    from archsim.schemes import list_schemes
    from archsim.schemes.base import SCHEMES

    list_schemes()  # imports every scheme
    known = sorted({f"scheme.{field}" for cls in SCHEMES.values() for field in cls.model_fields})
    name = ".".join(["scheme", *keys])
    if name not in known:
        raise InputError(
            "no scheme has this field",
            where=where,
            got=name,
            allowed=known,
            hint=nearest(name, known),
        )


def flat(tree: Mapping, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every single value of nested tables with its dotted path; a list is one value."""
    for key, value in tree.items():
        here = f"{path}.{key}" if path else str(key)
        if isinstance(value, Mapping):
            yield from flat(value, here)
        else:
            yield here, value
