"""Which schemes are compared: `tiki_taka:version=agad,sbpca:rank=3:training.batch=32`, each a
scheme with settings of its own.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from archsim.chip.load import apply_setting, parse_setting
from archsim.devices.presets import load_device
from archsim.schemes import list_schemes, load_scheme
from archsim.schemes.base import Scheme
from archsim.training.settings import (
    CORE_RULES,
    EXACT_WORDS,
    TrainingSettings,
    device_of,
    read_settings,
)
from hwlib.errors import InputError, told_within, unknown

_MOST_LETTERS = 100  # of a folder's name
# Training settings that are the same for all schemes, or stand elsewhere in a variant.
_COMMON = (
    "rule",
    "scheme_settings",
    "device",
    "device_settings",
    "epochs",
    "images_per_epoch",
    "seed",
    "threads",
    "checkpoint_images",
)


@dataclass(frozen=True)
class Variant:
    """A scheme with its settings. `label` names it: the scheme and what was set, fields in the
    order of the alphabet. `training` maps fields of the training settings to values, `device` is a
    preset, a law or a file where one was named.
    """

    label: str
    scheme: Scheme
    training: Mapping[str, Any] = field(default_factory=dict)
    device: str | None = None

    def seed_folder(self, number: int, seed: int) -> str:
        """The folder of its training `number` (from 0), of a seed: the first has the scheme's own."""
        return self.folder if number == 0 else f"{self.folder}--seed-{seed}"

    def trial_folder(self, number: int) -> str:
        """The folder of trial `number` of its tuning."""
        return f"{self.folder}--trial-{number}"

    @property
    def folder(self) -> str:
        """A name for files: `tiki_taka--version=agad`. Letters that a file system may not take are
        replaced, and a digest keeps such labels apart."""
        plain = self.label.replace(":", "--")
        safe = re.sub(r"[^A-Za-z0-9_.=+-]", "_", plain)[:_MOST_LETTERS]
        return (
            safe
            if safe == plain
            else f"{safe}-{hashlib.sha256(self.label.encode()).hexdigest()[:8]}"
        )


def chosen_variants(items: str | Scheme | Sequence[str | Scheme | Variant] | None) -> list[Variant]:
    """The variants of "all", None (all), a comma list, or a list of such texts, schemes and
    variants; a label comes once.

    A text is NAME[:FIELD=VALUE]...; FIELD a setting of the scheme, `training.FIELD`, `device` or
    `device.PARAMETER`. Raises InputError for unknown names and fields, with the nearest one.
    """
    parts: Iterable[str | Scheme | Variant]
    if items is None:
        parts = ["all"]
    elif isinstance(items, str):
        parts = items.split(",")
    else:
        parts = [items] if isinstance(items, Scheme) else items
    variants: dict[str, Variant] = {}
    for part in parts:
        for variant in _variants_of(part):
            if variants.setdefault(variant.label, variant) != variant:
                raise InputError(
                    "two different variants of one label", where="schemes", got=variant.label
                )
    if not variants:
        raise InputError("no scheme named", where="schemes", allowed=sorted(list_schemes()))
    return list(variants.values())


def _variants_of(part: str | Scheme | Variant) -> list[Variant]:
    if isinstance(part, Variant):
        return [part]
    if isinstance(part, Scheme):
        return [Variant(_label(part.name, part.model_dump(exclude_defaults=True)), part)]
    if part.strip() == "all":
        return [Variant(name, load_scheme(name)) for name in list_schemes()]
    return [_parse(part.strip())]


def _parse(text: str) -> Variant:
    name, *pieces = (piece.strip() for piece in text.split(":"))
    if name not in list_schemes():
        raise unknown("scheme", name, list_schemes(), "schemes")
    settings: dict[str, Any] = {}
    for piece in pieces:
        path, equals, value = piece.partition("=")
        if not equals or not path.strip() or not value.strip():
            raise InputError("a variant is NAME:FIELD=VALUE:...", where="schemes", got=text)
        keys, parsed = parse_setting(piece)
        if ".".join(keys) in settings:
            raise InputError("set twice", where=f"schemes: {text}", got=".".join(keys))
        settings[".".join(keys)] = parsed
    try:
        return _checked(name, settings)
    except InputError as error:
        raise told_within(error, f"schemes: {text}") from None


def _checked(name: str, settings: Mapping[str, Any]) -> Variant:
    training = {
        path.removeprefix("training."): value
        for path, value in settings.items()
        if path.startswith("training.")
    }
    parameters = {
        path.removeprefix("device."): value
        for path, value in settings.items()
        if path.startswith("device.")
    }
    own = {
        path: value
        for path, value in settings.items()
        if path != "device" and path.split(".")[0] not in ("training", "device")
    }
    known = [
        *type(load_scheme(name)).model_fields,
        "device",
        "device.PARAMETER",
        *(f"training.{path}" for path in TrainingSettings.model_fields if path not in _COMMON),
    ]
    for path in own:
        if path not in known:
            raise unknown("field", path, known)
    scheme = load_scheme(name, own)
    device = settings.get("device")
    if device is not None and not isinstance(device, str):
        raise InputError("a device is a name or a file", where="device", got=device)
    tree: dict[str, Any] = {"rule": name}
    if name not in CORE_RULES:
        tree["scheme_settings"] = own
    for path, value in training.items():
        if path.split(".")[0] in _COMMON:
            raise InputError("not a setting of one scheme", where=f"training.{path}")
        apply_setting(tree, path.split("."), value)
    held = "" if device in EXACT_WORDS else device or device_of(read_settings(tree))
    if held:
        load_device(held, parameters)
    elif parameters:
        raise InputError(
            "the scheme trains without devices: name a device too",
            where="device",
            got=sorted(parameters),
        )
    training |= {f"device_settings.{path}": value for path, value in parameters.items()}
    return Variant(_label(name, settings), scheme, training, device)


def _label(name: str, settings: Mapping[str, Any]) -> str:
    return ":".join([name, *(f"{path}={_text(value)}" for path, value in sorted(settings.items()))])


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
