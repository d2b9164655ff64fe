"""Settings that are off their default and that nothing in a run reads: named in every result, with
the reason in its notes.

Beside every field of the chip that some run leaves alone stands the condition under which it acts,
next to the others of its section: a test drives each field off its default and holds the conditions
to what comes out. A parameter of a part, and a setting of an update rule, needs no condition: the
part is priced, the step is built, with the default in its place, and what stays the same was not
used.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from archsim.basics.fields import changed_fields
from archsim.chip.blocks import blocks
from archsim.chip.blocks.base import TIMED, Acts
from archsim.chip.kind_chips import base_role
from archsim.chip.unused_of_kinds import unused_of_kinds
from archsim.chip.usage import Usage
from archsim.chip.written import usual_attention
from archsim.ledger.component import Component
from archsim.trace.operation import Operation, Trace
from hwlib import conditions, find_part, price

if TYPE_CHECKING:
    from archsim.chip.built import BuiltChip
    from archsim.chip.config import Architecture
    from archsim.schemes.base import Scheme
    from workloads.network import Network

NOTE = "set, but not used in this run: "
_OF_TILES = ("tile", "weights", "read", "physics", "write", "update", "bitstream", "placement")
_NO_SETTINGS = ("schema_", "name", "title", "source", "notes", "absent", "components")


def _real_data(run: Usage) -> bool:
    return run.data


def _signed(run: Usage) -> bool:
    return run.data and run.built.chip.physics.model == "signed"


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


def _several_cores(run: Usage) -> bool:
    return run.built.placement.cores > 1


def _several_kinds(run: Usage) -> bool:
    return len(run.built.chip.core.kinds) > 1


def _swaps(run: Usage) -> bool:
    return _several_cores(run) and run.built.chip.placement.arrange == "greedy"


def _priced_voltage(run: Usage) -> bool:
    voltage = run.built.chip.physics.read_voltage_v
    return any(
        base_role(part.name) == "array"
        and find_part(part.part)(**part.parameters).values.get("read_voltage_v") == voltage
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
ONE_CELL = "this mapping holds a weight in one cell or pair of cells, whatever its bits"

# Settings of the chip as a whole; those of its blocks stand in their files.
OF_THE_CHIP: dict[str, Acts] = {
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
    "weights.device": Acts(lambda run: False, "only a training draws devices"),
    "physics.model": DATA,
    "physics.read_noise": SIGNED,
    "physics.output_bound": SIGNED,
    "physics.noise_management": DATA,
    "physics.bound_management": SIGNED,
    "physics.conductance_us": DUAL_COLUMN,
    # A voltage that the array states for its price is the same one.
    "physics.read_voltage_v": Acts(
        lambda run: _dual_column(run) or _priced_voltage(run), DUAL_COLUMN.otherwise
    ),
    "physics.current_range_ua": DUAL_COLUMN,
    "physics.cell_noise_us": DUAL_COLUMN,
    "physics.adc_noise_levels": DUAL_COLUMN,
    "execution.mode": TIMED,
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
    "placement.arrange": Acts(_several_cores, "the chip has no cores to arrange"),
    "placement.swaps": Acts(_swaps, "no cores are arranged by swaps"),
    "placement.swap_seed": Acts(_swaps, "no cores are arranged by swaps"),
    "placement.pack": Acts(_shares_tiles, "no two layers fit on one tile"),
}

# field -> when it acts, and why it does not otherwise. Fields that are not here act in every run.
CONDITIONS: dict[str, Acts] = OF_THE_CHIP | {
    f"{block.name}.{field}": acts for block in blocks() for field, acts in block.acts.items()
}


def unused_settings(
    built: BuiltChip, *, timed: bool, data: bool = False, network: Network | None = None
) -> dict[str, str]:
    """Field paths of chip and scheme that are off their default and that this run does not read,
    each with the reason.

    `network` is the one that the trace was built from, where it was built: without it a scheme's
    own word decides on its settings.
    """
    run = Usage(built, timed, data)
    followed = {
        str(value)[1:].strip()
        for part in built.chip.components.values()
        for value in part.parameters.values()
        if str(value).startswith("=")
    }
    unused = {}
    for path in changed_fields(built.chip, leave_out=_NO_SETTINGS):
        if not built.trace.matrices and path.split(".")[0] in _OF_TILES:
            unused[path] = "no weights are on an array"
            continue
        acts = CONDITIONS.get(path)
        if acts is not None and path not in followed and not acts.condition(run):
            unused[path] = acts.otherwise
    unused |= unused_of_kinds(run, CONDITIONS)
    unused |= {
        path: "no action of this run has a price that depends on it"
        for path in _idle_parameters(built)
    }
    if built.rule:
        unused |= {
            f"scheme.{name}": "the scheme does not use it with its other settings"
            for name in built.rule.unused_changes
        }
        if network is not None:
            unused |= {
                f"scheme.{name}": "the step of this run is the same without it"
                for name in _idle_settings(built, network, timed)
            }
    return unused


def unused_notes(unused: Mapping[str, str]) -> list[str]:
    """One line for the notes of a result; none where everything that is set acts."""
    reasons: dict[str, list[str]] = {}
    for path, reason in unused.items():
        reasons.setdefault(reason, []).append(path)
    text = "; ".join(f"{', '.join(paths)} ({reason})" for reason, paths in reasons.items())
    return [NOTE + text] if text else []


def _idle_parameters(built: BuiltChip) -> Iterator[str]:
    """Numbers that a chip states for its parts and that price nothing that was counted: area,
    leakage and energies stay without them.
    """
    counted: dict[str, set[str]] = {}
    for ledger in (built.counts, built.once_counts):
        for (role, action, _, _), count in ledger.items() if ledger is not None else ():
            if count:
                counted.setdefault(role, set()).add(action)
    idle: dict[str, list[bool]] = {}
    for part in built.parts:
        role = base_role(part.name)
        entry = built.chip.components.get(role)
        declared = (*find_part(part.part).parameters, *conditions.CONDITIONS)
        defaults = {parameter.name: parameter.default for parameter in declared}
        if entry and entry.count != 1:
            free = _is_free(part.part, built.node_nm)
            idle.setdefault(f"components.{role}.count", []).append(free)
        for name, value in entry.parameters.items() if entry else ():
            if str(value).startswith("=") or value == defaults[name]:
                continue
            same = _prices_alike(part, name, counted.get(part.name, ()), built.node_nm)
            idle.setdefault(f"components.{role}.parameters.{name}", []).append(same)
    # a part that several kinds of cores have idles where all of these do
    yield from (path for path, kinds in idle.items() if all(kinds))


def _prices_alike(part: Component, name: str, actions: Collection[str], node_nm: float) -> bool:
    """Whether a part costs the same without a parameter: area, leakage, and what was counted."""
    with_it, without = (
        price(part.part, parameters, node_nm)
        for parameters in (
            part.parameters,
            {key: other for key, other in part.parameters.items() if key != name},
        )
    )
    same = [
        with_it.area.value == without.area.value,
        with_it.leakage.value == without.leakage.value,
    ]
    same += [with_it.energy[action].value == without.energy[action].value for action in actions]
    return all(same)


def _is_free(name: str, node_nm: float) -> bool:
    """Whether a part that does nothing costs nothing, so that more of it cost as much."""
    idle = price(name, {}, node_nm)
    return idle.area.value == 0 and idle.leakage.value == 0


def _idle_settings(built: BuiltChip, network: Network, timed: bool) -> Iterator[str]:
    """Settings of the update rule without which the step and the parts are the same."""
    from archsim.trace import build_trace

    rule = built.rule
    if rule is None:
        return

    digital = built.chip.weights.bias == "digital"

    def step(rule: Scheme) -> Trace:
        # the settings that a trace records are no part of what it does
        return replace(
            build_trace(network, rule, built.trace.phase, built.trace.batch, digital),
            scheme_settings=built.trace.scheme_settings,
        )

    changed = [name for name in changed_fields(rule) if name not in rule.unused]
    if not changed:
        return
    whole = step(rule)
    for name in changed:
        plain = rule.model_copy(
            update={name: type(rule).model_fields[name].get_default(call_default_factory=True)}
        )
        other = step(plain)
        if other == whole:
            if plain.parts(built.chip) == rule.parts(built.chip):
                yield name
        elif (
            not timed
            and whole == built.trace
            and other.state_words == whole.state_words
            and _counts_as(other, plain, built)
        ):
            yield name


def _counts_as(trace: Trace, rule: Scheme, built: BuiltChip) -> bool:
    """Whether a trace that takes another time is counted as the one of a built chip."""
    from archsim.chip.built import build_chip

    other = build_chip(trace, built.chip, rule, built.images, built.node_nm)
    return (other.counts, other.once_counts, other.parts) == (
        built.counts,
        built.once_counts,
        built.parts,
    )
