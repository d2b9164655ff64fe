"""Devices per weight: one setting of the chip, which training, placement and price read, under the
name that training has for it too.

`training.devices_per_weight=4` is `weights.replicas=4` for all layers,
`training.devices_per_weight.conv1=13` is
`weights.layer_replicas.conv1=13`. A layer's name may hold dots.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from archsim.basics.layer_names import require_layers

if TYPE_CHECKING:
    from archsim.chip.config import Architecture

TRAINING = "training.devices_per_weight"
BY_LAYER = "weights.layer_replicas"
KIND = "placement.kind"


def chip_settings(path: str, value: Any) -> dict[tuple[str, ...], Any] | None:
    """The settings of the chip, by their keys, that a setting of devices per weight is; None for
    any other path.
    """
    for prefix in (TRAINING, BY_LAYER):
        if path.startswith(f"{prefix}."):
            return {("weights", "layer_replicas", path[len(prefix) + 1 :]): value}
    if path.startswith(f"{KIND}."):
        return {("placement", "kind", path[len(KIND) + 1 :]): value}
    if path != TRAINING:
        return None
    if isinstance(value, Mapping):
        return {("weights", "layer_replicas"): dict(value)}
    return {("weights", "replicas"): value, ("weights", "layer_replicas"): {}}


def check_layers(chip: Architecture, names: Iterable[str]) -> None:
    """Raises InputError with the nearest layer where `weights.layer_replicas` or `placement.kind`
    names none of `names`.
    """
    names = list(names)
    for path, layers in ((BY_LAYER, chip.weights.layer_replicas), (KIND, chip.placement.kind)):
        require_layers(layers, names, f"{chip.origin}: {path}")
