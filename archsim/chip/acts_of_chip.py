"""When the settings of a chip as a whole act in a run; those of its blocks stand in their files. A
field that is in neither acts in every run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archsim.chip.blocks.base import Acts
from archsim.chip.cores.arrange import may_be_arranged
from archsim.chip.kind_chips import base_role
from archsim.chip.plan.memory_map import may_be_in_flight
from archsim.chip.usage import Usage
from archsim.chip.written import usual_attention
from archsim.trace.operation import Operation
from hwlib import find_part, price

if TYPE_CHECKING:
    from archsim.chip.config import Architecture


def _real_data(run: Usage) -> bool:
    return run.data


def _signed(run: Usage) -> bool:
    return run.data and run.built.chip.physics.model == "signed"


def _behind_lines(run: Usage) -> bool:
    return any(chip.physics.line_ohm for chip in run.built.chip.alike)


def _dual_column(run: Usage) -> bool:
    return run.data and run.built.chip.physics.model == "dual_column"


def _shares_tiles(run: Usage) -> bool:
    tiles = [tile for layer in run.built.placement.layers.values() for tile in set(layer.tiles)]
    return len(tiles) > len(set(tiles))


def _balances(run: Usage) -> bool:
    named = run.built.chip.placement.copies
    layers = run.built.placement.layers
    return any(layer.copies > 1 for name, layer in layers.items() if name not in named)


def _may_fuse(run: Usage, operation: Operation) -> bool:
    """Whether products are fused, or would be if the chip chose how they are multiplied."""
    chip = run.built.chip
    kept_apart = chip.execution.attention == "digital"
    would = kept_apart and usual_attention(chip, run.built.trace.phase) == "fused"
    return len(operation.products) > 1 or (bool(operation.products) and would)


def _in_flight(run: Usage) -> bool:
    """Memory of a pipeline holds the images that are in flight, whether it is timed or not."""
    built = run.built
    return run.timed or may_be_in_flight(built.trace, built.chip, built.images)


def _several_cores(run: Usage) -> bool:
    return run.built.placement.cores > 1


def _several_kinds(run: Usage) -> bool:
    return len(run.built.chip.core.kinds) > 1


def _arranges(run: Usage) -> bool:
    return may_be_arranged(run.built.placement)


def _swaps(run: Usage) -> bool:
    return _arranges(run) and run.built.chip.placement.arrange == "greedy"


def _priced_voltage(run: Usage) -> bool:
    voltage = run.built.chip.physics.read_voltage_v
    return any(
        base_role(part.name) == "array"
        and find_part(part.part)(**part.parameters).values.get("read_voltage_v") == voltage
        for part in run.built.parts
    )


def _leaks(run: Usage) -> bool:
    # Parts that are published as totals at work have no leakage: it is in the energy of what they do.
    return any(
        "temperature_c" in part.parameters
        and price(part.part, part.parameters, run.built.node_nm).leakage.value > 0
        for part in run.built.parts
    )


def _clock_stops(run: Usage) -> bool:
    chip = run.built.chip
    # registers of a tile stop with every one of their writes, which are counted without events
    stops = _follows(chip, "tile_clock", "tile_clocked_area_mm2") and chip.tile.clock_gating
    stops |= run.timed and _follows(chip, "clock_tree", "clocked_area_mm2")
    return stops or chip.clock.gating == "waiting" and _pulses(run)


def _follows(chip: Architecture, role: str, area: str) -> bool:
    part = chip.components.get(role)
    return part is not None and f"=derived.{area}" in part.parameters.values()


def _pulses(run: Usage) -> bool:
    chip = run.built.chip
    written = run.programs and chip.write.pulse_cycles > 1
    return written or bool(run.of("pulse_update")) and chip.update.pulse_cycles > 1


DATA = Acts(_real_data, "no real data pass the tiles")
SIGNED = Acts(_signed, "no real data pass tiles of the model signed")
DUAL_COLUMN = Acts(_dual_column, "no real data pass tiles of the model dual_column")
NO_DEVICES = "only a training draws devices"
"""Why a run without devices reads no word on them; an inference asks for them."""
ONE_CELL = "this mapping holds a weight in one cell or pair of cells, whatever its bits"

OF_THE_CHIP: dict[str, Acts] = {
    "temperature_c": Acts(_leaks, "it moves leakage, and no part of the chip has any"),
    "tile_cluster": Acts(
        lambda run: any(part.per == "cluster" for part in run.built.chip.components.values()),
        "no part is for a cluster",
    ),
    "clock.gating": Acts(_clock_stops, "nothing of this run hangs on a clock that stops"),
    "tile.clock_gating": Acts(
        # registers that clock themselves are components, whether or not anything is timed
        lambda run: run.has("tile_clock"),
        "the tiles have no clock",
    ),
    "weights.bits": Acts(
        lambda run: (
            run.built.chip.weights.mapping == "bit_slices" or bool(run.built.placement.passes)
        ),
        ONE_CELL,
    ),
    "weights.cell_bits": Acts(lambda run: run.built.chip.weights.mapping == "bit_slices", ONE_CELL),
    "weights.reference_columns": Acts(
        lambda run: run.built.chip.weights.mapping == "reference_column",
        "the mapping has no reference column",
    ),
    "weights.bias": Acts(
        lambda run: (
            any(matrix.bias for matrix in run.built.trace.matrices)
            or "biases" in run.built.trace.state_words
        ),
        "no layer has a bias",
    ),
    "weights.device": Acts(lambda run: False, NO_DEVICES),
    "physics.model": DATA,
    "physics.read_noise": SIGNED,
    "physics.output_bound": SIGNED,
    "physics.noise_management": DATA,
    "physics.bound_management": SIGNED,
    "physics.conductance_us": Acts(
        lambda run: _dual_column(run) or _real_data(run) and _behind_lines(run),
        "no real data pass tiles of the model dual_column, or lines with a resistance",
    ),
    "physics.line_ohm": DATA,
    # A voltage that the array states for its price is the same one.
    "physics.read_voltage_v": Acts(
        lambda run: _dual_column(run) or _priced_voltage(run), DUAL_COLUMN.otherwise
    ),
    "physics.current_range_ua": DUAL_COLUMN,
    "physics.cell_noise_us": DUAL_COLUMN,
    "physics.adc_noise_levels": DUAL_COLUMN,
    "execution.mode": Acts(_in_flight, "nothing is timed, and one image is worked on at a time"),
    "execution.keep_pace": Acts(
        lambda run: bool(run.built.pace), "all digital units keep pace with the tiles without"
    ),
    "execution.attention": Acts(
        lambda run: (
            any(op.phase == "forward" for op in run.of("write"))
            or any(_may_fuse(run, op) for op in run.operations if op.phase == "forward")
        ),
        "no two activations are multiplied, or this is how they are multiplied without it",
    ),
    "execution.reload": Acts(
        lambda run: bool(run.built.placement.passes), "all weights fit on the chip"
    ),
    "placement.kind": Acts(_several_kinds, "all cores are of one kind"),
    "placement.balance": Acts(_balances, "no layer that is slowest has room for a copy"),
    "placement.arrange": Acts(
        _arranges, "the chip has no cores to arrange, or more than are arranged"
    ),
    "placement.swaps": Acts(_swaps, "no cores are arranged by swaps"),
    "placement.swap_seed": Acts(_swaps, "no cores are arranged by swaps"),
    "placement.pack": Acts(_shares_tiles, "no two layers fit on one tile"),
}
