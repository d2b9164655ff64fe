"""Devices per weight of the layers of a network."""

from __future__ import annotations

from archsim.basics.layer_names import require_layers
from archsim.training.settings import TrainingSettings


def copies_of(settings: TrainingSettings, names: list[str]) -> dict[str, int]:
    """Devices per weight of each array layer. Raises InputError for the name of no such layer."""
    wanted = settings.devices_per_weight
    if isinstance(wanted, int):
        return dict.fromkeys(names, wanted)
    require_layers(wanted, names, "training.devices_per_weight")
    return {name: wanted.get(name, 1) for name in names}
