"""Whether one value of an axis or a setting is right by itself, whatever the others say."""

from __future__ import annotations

import os
from typing import Any

from archsim.chip.replicas import chip_settings
from archsim.exploration.space.design import chip_of, network_of, scheme_of, with_settings
from archsim.exploration.space.fields import of_chip
from archsim.exploration.space.space import Space, chip_defaults
from hwlib.errors import InputError, nearest, told_at, unknown

_DEVICE = "training.device_settings."


def check_value(space: Space, path: str, value: Any, where: str) -> None:
    """Raises InputError where one value of one axis is wrong by itself, whatever the other axes
    say.
    """
    try:
        if path == "network":
            network_of(value)
        elif path == "architecture":
            chip_defaults(value)
        elif path == "scheme" and isinstance(value, str) and value.endswith(".py"):
            raise InputError(
                "a space names an update rule, never its file",
                got=value,
                hint="name the rule here, and its file on the command line by --scheme FILE.py",
            )
        elif path == "scheme":
            scheme_of(value, ())
        elif path in ("phase", "batch", "images"):
            _check_word(path, value)
        elif path == "device":
            _check_device(value)
        elif path.startswith("scheme."):
            _check_scheme_value(space, path, value)
        elif path.startswith("training.") and not chip_settings(path, value):
            from archsim.devices.unread import check_swept
            from archsim.training.settings import read_settings

            if path.startswith(_DEVICE):
                check_swept(path.removeprefix(_DEVICE))
            read_settings(with_settings({}, {path[9:]: value}))
        elif of_chip(path) or chip_settings(path, value):
            _check_chip_value(space, path, value)
    except InputError as error:
        if of_chip(path) and error.got is None and not error.where.endswith(path):
            return  # a rule between fields: another axis may put it right, point by point
        raise told_at(error, where, value) from None


def _check_chip_value(space: Space, path: str, value: Any) -> None:
    """A field that one of several chips takes is no fault of the file."""
    chips = next(
        (axis.values for axis in space.axes if axis.path == "architecture"),
        (space.fixed["architecture"],),
    )
    faults = []
    for chip in chips:
        try:
            chip_of(chip, {path: value})
        except InputError as error:
            faults.append(error)
    if len(faults) == len(chips):
        raise faults[0]


def check_data(name: str, where: str) -> None:
    """Raises InputError where a data set is neither a name nor a file that is there."""
    from workloads.datasets import list_datasets

    known = list_datasets()
    if name not in known and not (name.lower().endswith(".npz") and os.path.isfile(name)):
        raise InputError(
            "no such data set",
            where=where,
            got=name,
            allowed=[*known, "or a path to .npz"],
            hint=nearest(name, known),
        )


def _check_word(path: str, value: Any) -> None:
    if path == "phase":
        if value not in ("inference", "training"):
            raise unknown("phase", value, ("inference", "training"))
    elif isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 1_000_000:
        raise InputError("not a whole number", got=value, allowed="1 to 1000000")


def _check_device(value: Any) -> None:
    from archsim.devices import LAWS
    from archsim.devices.presets import load_device, load_presets
    from archsim.training.settings import EXACT_WORDS

    without = ("auto", *EXACT_WORDS)
    known = [*load_presets(), *LAWS, *without]
    if not isinstance(value, str) or (value not in known and not value.endswith(".toml")):
        raise InputError(
            "unknown device", got=value, allowed=known, hint=nearest(str(value), known)
        )
    if value not in without:
        load_device(value)


def _check_scheme_value(space: Space, path: str, value: Any) -> None:
    names = next(
        (axis.values for axis in space.axes if axis.path == "scheme"), (space.fixed["scheme"],)
    )
    if names == (None,):
        raise InputError("a setting of a scheme without one", hint='name it: scheme = "…"')
    faults = []
    for name in names:
        try:
            scheme_of(name, ((path[7:], value),))
        except InputError as error:
            faults.append(error)
    if len(faults) == len(names):
        raise faults[0]
