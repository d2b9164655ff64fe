"""The devices of a weight: what a training asks for is what is placed and priced."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from archsim.chip.load import load_architecture
from archsim.chip.replicas import TRAINING, check_layers
from archsim.schemes.base import SCHEMES, Scheme
from archsim.training.core_kinds import refuse_all_alike
from archsim.training.settings import CORE_RULES, TrainingSettings
from hwlib.errors import InputError, told_at

if TYPE_CHECKING:
    from archsim.chip.config import Architecture
    from workloads.network import Network


def rule_of(scheme: Scheme) -> str:
    """The rule of the training core for a scheme: its two compiled ones, or the scheme's own
    algorithm.
    """
    if scheme.core in CORE_RULES:
        return scheme.core
    if not scheme.core:
        trained = sorted(name for name, kind in SCHEMES.items() if kind.model_construct().core)
        raise InputError(
            "this scheme has no training algorithm",
            where="scheme",
            got=scheme.name,
            allowed=trained,
        )
    return scheme.name


def chip_with_devices(
    chip: Architecture,
    scheme: Scheme,
    changes: TrainingSettings | Mapping[str, Any] | None,
    network: Network | None = None,
) -> tuple[Architecture, TrainingSettings | Mapping[str, Any] | None]:
    """The chip with the devices per weight that a training asks for, and the other changes: what is
    trained is what is placed and priced.

    Raises InputError for a number that is not allowed, a layer that is not there, or a scheme that
    trains one device a weight.
    """
    if isinstance(changes, TrainingSettings):
        named = {TRAINING: changes.devices_per_weight} if changes.rule in CORE_RULES else {}
    else:
        named = {
            f"training.{path}": value
            for path, value in (changes or {}).items()
            if path.split(".")[0] == TRAINING.split(".")[1]
        }
        changes = {
            path: value
            for path, value in (changes or {}).items()
            if f"training.{path}" not in named
        }
    try:
        for path, value in named.items():
            if path == TRAINING:
                refuse_all_alike(chip, path, value)
            # Whole settings speak for every layer: the chip's own number must not show through.
            settings = (
                {"weights.replicas": 1}
                if isinstance(value, Mapping) and isinstance(changes, TrainingSettings)
                else {}
            )
            chip = load_architecture(chip, settings | {path: value})
        if network is not None:
            check_layers(chip, [layer.name for layer in network.array_layers])
    except InputError as error:
        raise told_at(error, next(iter(named), error.where)) from None
    # Rules of schemes keep one state a weight: with several devices nobody has said whose it is.
    several = any(own.weights.replicas > 1 for own in chip.alike) or any(
        number > 1 for number in chip.weights.layer_replicas.values()
    )
    if several and rule_of(scheme) not in CORE_RULES:
        raise InputError(
            "this scheme trains one device a weight",
            where=next(iter(named), f"{chip.origin}: weights.replicas"),
            got=chip.weights.layer_replicas or chip.weights.replicas,
            allowed="1",
            hint="rpu trains several",
        )
    return chip, changes


def devices_per_weight(
    chip: Architecture, network: Network | None, kinds: Mapping[str, str]
) -> int | dict[str, int]:
    """Devices a weight: one number, or one a layer where the chip names layers, or kinds of cores."""
    weights = chip.weights
    if network is not None and kinds:
        return {
            layer.name: chip.of_kind(kinds[layer.name]).weights.replicas_of(layer.name)
            for layer in network.matrix_layers
            if layer.name in kinds
        }
    if not weights.layer_replicas:
        return weights.replicas
    names = [layer.name for layer in network.matrix_layers] if network else weights.layer_replicas
    return {name: weights.replicas_of(name) for name in names}
