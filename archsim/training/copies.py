"""Devices per weight of the layers of a network."""

from __future__ import annotations

from archsim.training.settings import TrainingSettings
from hwlib.errors import InputError, nearest


def copies_of(settings: TrainingSettings, names: list[str]) -> dict[str, int]:
    """Devices per weight of each array layer. Raises InputError for the name of no such layer."""
    wanted = settings.devices_per_weight
    if isinstance(wanted, int):
        return dict.fromkeys(names, wanted)
    for name in wanted:
        if name not in names:
            raise InputError(
                "no such layer with weights",
                where="training.devices_per_weight",
                got=name,
                allowed=names,
                hint=nearest(name, names),
            )
    return {name: wanted.get(name, 1) for name in names}
