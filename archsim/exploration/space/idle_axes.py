"""An axis that moves nothing is refused: its designs would be one design, compared with itself."""

from __future__ import annotations

import typing
from collections.abc import Iterator

from archsim.exploration.space.design import chip_of
from archsim.exploration.space.space import Space
from hwlib import find_part
from hwlib.conditions import CONDITIONS
from hwlib.effects import Effects, effects_in
from hwlib.errors import InputError

_DEVICE = "training.device_settings."


def check_moves(space: Space, path: str, where: str) -> None:
    """Raises InputError with the declared reason where a field moves neither area nor energy, time
    or accuracy, whatever the other axes of a space say.
    """
    declared = list(_declarations(space, path))
    # Without a declaration nothing is known of a field, and nothing is refused.
    if declared and all(effects.nothing for effects in declared):
        raise InputError(
            "this field moves neither area nor energy, time or accuracy",
            where=where,
            got=path,
            hint=declared[0].nothing,
        )


def moves_accuracy_alone(space: Space, path: str) -> bool:
    """Whether a field moves nothing that is priced or timed: neither area nor, but through what is
    computed, energy and time.
    """
    if path.startswith(("training.", "scheme.")):
        return False
    declared = list(_declarations(space, path))
    # What is computed moves energy and time too, by its activity: that takes a training.
    return bool(declared) and all(
        effects.area == "none"
        and effects.energy in ("none", "activity")
        and effects.time in ("none", "activity")
        and not effects.admits
        for effects in declared
    )


def _declarations(space: Space, path: str) -> Iterator[Effects]:
    keys = path.split(".")
    if path.startswith(_DEVICE):
        yield from _of_devices(space, path.removeprefix(_DEVICE))
    elif keys[0] == "components" and keys[2:3] == ["parameters"] and len(keys) == 4:
        yield from _of_parts(space, keys[1], keys[3])
    elif keys[0] == "training":
        from archsim.training.settings import TrainingSettings

        yield from _of_model(TrainingSettings, keys[1:])
    else:
        from archsim.chip.config import Architecture

        yield from _of_model(Architecture, keys)


def _values(space: Space, word: str) -> tuple[typing.Any, ...]:
    """What a word of a space may be: the values of its axis, or the one that is fixed."""
    fixed = (space.fixed.get(word),)
    return next((axis.values for axis in space.axes if axis.path == word), fixed)


def _of_devices(space: Space, name: str) -> Iterator[Effects]:
    from archsim.devices.presets import load_device

    for device in _values(space, "device"):
        if device in (None, "auto", "exact", "none"):
            return  # the rule or the chip says which
        for parameter in load_device(device).parameters:
            if parameter.name == name and isinstance(parameter.effects, Effects):
                yield parameter.effects


def _of_parts(space: Space, role: str, name: str) -> Iterator[Effects]:
    for chip in _values(space, "architecture"):
        entry = chip_of(chip, {}).components.get(role)
        of_chip = entry.part if entry else None
        for part in _values(space, f"components.{role}.part"):
            placed = str(part or of_chip or "")
            known = (*find_part(placed).parameters, *CONDITIONS) if placed else ()
            for parameter in known:
                if parameter.name == name and isinstance(parameter.effects, Effects):
                    yield parameter.effects


def _of_model(model: object, keys: list[str]) -> Iterator[Effects]:
    for key in keys:
        if typing.get_origin(model) is dict:  # the user's names
            model = typing.get_args(model)[1]
            continue
        fields = getattr(model, "model_fields", {})
        info = fields.get(key)
        if info is None:
            return
        effects = effects_in(info.metadata)
        if effects is not None:
            yield effects
            return
        model = info.annotation
