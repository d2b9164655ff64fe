"""The kinds of cores on which layers lie, as a training takes them: of a chip whose cores are not
alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archsim.chip.cores.choose_kind import choose_kinds
from archsim.chip.place import shape_layer
from hwlib.errors import InputError

if TYPE_CHECKING:
    from archsim.chip.config import Architecture
    from archsim.schemes.base import Scheme
    from workloads.network import Network

CORES = "core.kinds"


def kinds_of_network(chip: Architecture, network: Network, scheme: Scheme) -> dict[str, str]:
    """The kind of each layer's cores, as the step of the update rule is placed; nothing where all
    cores are alike.

    Args:
        chip: with its kinds.
        network: whose layers lie on them.
        scheme: whose further arrays lie on them, too.
    """
    if not chip.core.kinds or scheme.digital_baseline:
        return {}
    from archsim.trace.build import build_trace  # loads all building blocks

    digital = chip.weights.bias == "digital"
    trace = build_trace(network, scheme, "training", 1, digital)
    return choose_kinds(trace.matrices, chip, shape_layer).kinds


def cores_of_layers(
    chip: Architecture, kinds: dict[str, str], network: Network, own_devices: bool
) -> dict[str, dict[str, Any]]:
    """What each layer's arrays have otherwise, as `settings.LayerCores` names it.

    Args:
        chip: with its kinds.
        kinds: of the layers.
        network: whose layers are named.
        own_devices: whether the devices of a training are those of the chip.
    """
    cores: dict[str, dict[str, Any]] = {}
    for layer in network.matrix_layers:
        kind = kinds.get(layer.name, "")
        view = chip.of_kind(kind)
        own: dict[str, Any] = {}
        if view.read.adc_bits != chip.read.adc_bits:
            own["output_bits"] = view.read.adc_bits
        if slot_bits(view) != slot_bits(chip):
            own["slot_bits"] = slot_bits(view)
        device = chip.core.kinds[kind].weights.device if kind else None
        if own_devices and device is not None and device != chip.weights.device:
            own["device"] = device
        if own:
            cores[layer.name] = own
    return cores


def slot_bits(chip: Architecture) -> int:
    """Bits of an input that one conversion takes; 0: one conversion for all."""
    read = chip.read
    return read.bits_per_slot if read.accumulate == "digital" and read.slots > 1 else 0


def refuse_all_alike(chip: Architecture, path: str, value: object) -> None:
    """Raises InputError for a number of devices a weight for all layers, where kinds have their own."""
    stated = [name for name, kind in chip.core.kinds.items() if kind.weights.replicas is not None]
    if stated:
        raise InputError(
            "kinds of cores say the devices of a weight themselves",
            where=path,
            got=value,
            hint=f"set {CORES}.{stated[0]}.weights.replicas, or name layers: {path}.LAYER",
        )
