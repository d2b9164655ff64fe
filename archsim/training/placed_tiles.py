"""The tiles that training reads: those that the chip's placement splits a layer over, and in which
parts they convert.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from archsim.chip.place import shape_layer
from archsim.chip.plan.row_groups import driven_apart
from archsim.devices.presets import load_device
from archsim.trace.layer_matrix import LayerMatrix
from archsim.training.settings import TrainingSettings, device_of
from hwlib.errors import InputError

if TYPE_CHECKING:
    from archsim.chip.config import Architecture
    from archsim.chip.placement import LayerPlacement
    from workloads.network import Network

MOST_BITS = 24
"""Bits of a weight that a float32 holds."""


def tiles_of(
    chip: Architecture, network: Network, kinds: Mapping[str, str]
) -> dict[str, dict[str, Any]]:
    """The tiles of every layer that the chip splits, and the groups of lines that it converts in
    turn, as `settings.LayerTiles` names them.

    Args:
        chip: whose placement splits the layers.
        network: their matrices.
        kinds: of the cores that have them, where these are not alike.

    Returns:
        by layer, only those that take more than one tile or group, or whose biases are digital
        words.
    """
    digital = chip.read.accumulate == "digital"
    tiles = {}
    described = chip
    for layer in network.matrix_layers:
        shape = layer.matrix
        matrix = LayerMatrix(layer.name, shape.rows, shape.columns, shape.groups, layer.bias)
        chip = described.of_kind(kinds.get(layer.name, ""))
        placed = shape_layer(matrix, chip, 1)
        beside = layer.bias and chip.weights.bias == "digital"
        # what the front end keeps is converted as one
        groups = together(chip, placed) if digital else {}
        # A layer that fits one tile is read as one array, to the bits of a training without a chip.
        if placed.row_splits * placed.column_splits > 1 or beside or groups:
            tiles[layer.name] = {
                "inputs": placed.tile_rows if placed.row_splits > 1 else 0,
                "outputs": placed.tile_weights if placed.column_splits > 1 else 0,
                "bias": chip.weights.bias,
                **groups,
            }
    return tiles


def together(chip: Architecture, placed: LayerPlacement) -> dict[str, int]:
    """Inputs and outputs of a layer's tiles that are driven at a time, where that is not all."""
    if chip.read.rows_active == "all":
        return {}
    apart = driven_apart(chip, placed)
    groups = {"inputs_together": apart.inputs, "outputs_together": apart.outputs}
    return {field: lines for field, lines in groups.items() if lines}


def with_slices(
    settings: TrainingSettings, chip: Architecture
) -> tuple[TrainingSettings, list[str]]:
    """Settings whose reads take the slices of a chip that cuts weights, and notes.

    Pulses change one analog device, which no mapping can cut: a rule that pulses reads each weight
    as one value, and a note says that the price is that of slices.
    """
    weights = chip.weights
    if weights.mapping != "bit_slices" or settings.rule == "float":
        return settings, []
    if not can_be_sliced(settings):
        return settings, [
            f"{chip.name} cuts a weight into slices (weights.mapping=bit_slices), which devices "
            "that pulses change cannot: "
            "training reads a weight of one value, the price is that of its slices"
        ]
    if settings.read.weight_bits:
        return settings, []
    if weights.bits < 2:
        raise InputError(
            "a signed weight that is computed has at least 2 bits",
            where=f"{chip.origin}: weights.bits",
            got=weights.bits,
            hint="2 bits are -1, 0 and 1; a run without training prices a weight of one bit",
        )
    changes = {"weight_bits": min(weights.bits, MOST_BITS), "cell_bits": weights.cell_bits}
    return settings.model_copy(update={"read": settings.read.model_copy(update=changes)}), []


def can_be_sliced(settings: TrainingSettings) -> bool:
    """Whether the weights of a training are programmed: exact ones, or devices that are verified."""
    name = device_of(settings)
    return not name or "verify_window" in load_device(name, settings.device_settings).values
