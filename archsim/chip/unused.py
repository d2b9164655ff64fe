"""Settings that are off their default and that nothing in a run reads: named in every result, with
the reason in its notes.

Beside every field of the chip that some run leaves alone stands the condition under which it acts,
next to the others of its section: a test drives each field off its default and holds the conditions
to what comes out. A parameter of a part, and a setting of an update rule, needs no condition: the
part is priced, the step is built, with the default in its place, and what stays the same was not
used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from archsim.basics.fields import changed_fields
from archsim.trace.operation import Operation, Trace
from hwlib import find_part, price

if TYPE_CHECKING:
    from archsim.chip.built import BuiltChip
    from archsim.schemes.base import Scheme
    from workloads.network import Network

NOTE = "set, but not used in this run: "
_NO_SETTINGS = ("schema_", "name", "title", "source", "notes", "absent", "components")


@dataclass(frozen=True)
class Run:
    """What a built chip was asked to do: `timed` by events, with real `data` on its tiles."""

    built: BuiltChip
    timed: bool
    data: bool

    @cached_property
    def operations(self) -> tuple[Operation, ...]:
        trace = self.built.trace
        return trace.image_operations + trace.batch_operations + trace.setup_operations

    def of(self, kind: str) -> list[Operation]:
        """Operations of a kind."""
        return [operation for operation in self.operations if operation.kind == kind]

    def has(self, role: str) -> bool:
        """Whether the chip has a part in this role."""
        return any(part.name == role and part.count for part in self.built.parts)

    @property
    def random(self) -> bool:
        """Whether random pulse trains are made."""
        return any(operation.random for operation in self.of("pulse_update"))

    @property
    def programs(self) -> bool:
        """Whether devices are programmed: by the update, at the start, or because weights are
        loaded in passes.
        """
        return bool(self.of("write") or self.built.placement.passes)

    @property
    def added(self) -> frozenset[str]:
        """Roles that the update rule brings and the chip has not."""
        return frozenset(self.built.rule.parts(self.built.chip) if self.built.rule else ()) - set(
            self.built.chip.components
        )


Condition = Callable[[Run], bool]


def _timed(run: Run) -> bool:
    return run.timed


def _signed(run: Run) -> bool:
    return run.data and run.built.chip.physics.model == "signed"


def _dual_column(run: Run) -> bool:
    return run.data and run.built.chip.physics.model == "dual_column"


def _pulses(run: Run) -> bool:
    return bool(run.of("pulse_update"))


def _divides(run: Run) -> bool:
    return run.timed and any(
        {"divide", "square_root"} & set(operation.vector_work) for operation in run.operations
    )


def _shares_tiles(run: Run) -> bool:
    tiles = [tile for layer in run.built.placement.layers.values() for tile in set(layer.tiles)]
    return len(tiles) > len(set(tiles))


def _priced_voltage(run: Run) -> bool:
    voltage = run.built.chip.physics.read_voltage_v
    return any(
        part.name == "array"
        and find_part(part.part)(**part.parameters).values.get("read_voltage_v") == voltage
        for part in run.built.parts
    )


def _generates(run: Run) -> bool:
    return "bitstream_generator" in run.added


# field -> (when it acts, why it does not otherwise). Fields that are not here act in every run.
CONDITIONS: dict[str, tuple[Condition, str]] = {
    "tile_cluster": (
        lambda run: any(part.per == "cluster" for part in run.built.chip.components.values()),
        "no part is for a cluster",
    ),
    "tile.clock_gating": (
        lambda run: run.timed and run.has("tile_clock"),
        "nothing is timed, or the tiles have no clock",
    ),
    "weights.bits": (
        lambda run: (
            run.built.chip.weights.mapping == "bit_slices" or bool(run.built.placement.passes)
        ),
        "this mapping holds a weight in one cell or pair of cells, whatever its bits",
    ),
    "read.accumulate": (
        lambda run: run.built.chip.read.slots > 1,
        "an input is one slot: there is nothing to add up",
    ),
    "weights.cell_bits": (
        lambda run: run.built.chip.weights.mapping == "bit_slices",
        "this mapping holds a weight in one cell or pair of cells, whatever its bits",
    ),
    "weights.reference_columns": (
        lambda run: run.built.chip.weights.mapping == "reference_column",
        "the mapping has no reference column",
    ),
    "weights.bias": (
        lambda run: any(matrix.bias for matrix in run.built.trace.matrices),
        "no layer has a bias",
    ),
    "read.bits_per_slot": (
        lambda run: (
            run.built.chip.read.input == "bit_serial" and run.built.chip.read.input_bits > 1
        ),
        "inputs have one slot",
    ),
    "physics.model": (lambda run: run.data, "no real data pass the tiles"),
    "physics.read_noise": (_signed, "no real data pass tiles of the model signed"),
    "physics.output_bound": (_signed, "no real data pass tiles of the model signed"),
    "physics.noise_management": (lambda run: run.data, "no real data pass the tiles"),
    "physics.bound_management": (_signed, "no real data pass tiles of the model signed"),
    "physics.conductance_us": (_dual_column, "no real data pass tiles of the model dual_column"),
    # A voltage that the array states for its price is the same one.
    "physics.read_voltage_v": (
        lambda run: _dual_column(run) or _priced_voltage(run),
        "no real data pass tiles of the model dual_column",
    ),
    "physics.current_range_ua": (_dual_column, "no real data pass tiles of the model dual_column"),
    "physics.cell_noise_us": (_dual_column, "no real data pass tiles of the model dual_column"),
    "physics.adc_noise_levels": (_dual_column, "no real data pass tiles of the model dual_column"),
    "write.parallel": (lambda run: run.programs, "nothing is programmed"),
    "write.pulse_cycles": (lambda run: run.programs, "nothing is programmed"),
    "write.verify_cycles": (
        lambda run: (
            any(op.activity.verify_reads for op in run.of("write"))
            or bool(run.built.placement.passes)
        ),
        "nothing is programmed with verify",
    ),
    "write.pulses": (
        lambda run: (
            any(not op.activity.write_pulses for op in run.of("write"))
            or bool(run.built.placement.passes)
        ),
        "nothing is programmed with the chip's own number of pulses",
    ),
    "update.pulse_cycles": (_pulses, "no update in the array"),
    "update.polarity_phases": (
        lambda run: any(not op.polarity_phases for op in run.of("pulse_update")),
        "no pulse trains, or trains with phases of their own",
    ),
    "update.train_length": (
        lambda run: any(not op.activity.train_length for op in run.of("pulse_update")),
        "no pulse trains, or trains with a length of their own",
    ),
    "bitstream.sharing": (lambda run: run.random or _generates(run), "no random pulse trains"),
    "bitstream.bits_per_cycle": (
        lambda run: run.built.chip.bitstream.sharing == "chip" and (run.random or _generates(run)),
        "no generators that tiles share",
    ),
    "bitstream.resolution": (_generates, "no generator of pulse trains is added"),
    "bitstream.source": (_generates, "no generator of pulse trains is added"),
    "buffer.ports": (_timed, "nothing is timed"),
    "buffer.tile_queue": (_timed, "nothing is timed"),
    "buffer.window_reuse": (
        lambda run: any(
            op.fresh_elements and op.fresh_elements != op.input_elements for op in run.operations
        ),
        "no windows overlap",
    ),
    "interconnect.kind": (
        lambda run: (
            run.timed
            or any(layer.column_splits > 1 for layer in run.built.placement.layers.values())
        ),
        "nothing is timed, and no input goes to several tiles",
    ),
    "interconnect.width_bits": (_timed, "nothing is timed"),
    "interconnect.hop_cycles": (_timed, "nothing is timed"),
    "interconnect.arbitration": (_timed, "nothing is timed"),
    "vector_unit.lanes": (
        lambda run: (
            run.timed or any(part.per == "lane" for part in run.built.chip.components.values())
        ),
        "nothing is timed, and no part is for a lane",
    ),
    "vector_unit.divide_cycles": (_divides, "nothing is timed that divides or takes roots"),
    "controller.prefetch": (
        lambda run: run.timed and run.built.chip.controller.issue_cycles > 0,
        "no issue takes time",
    ),
    "controller.in_flight": (
        lambda run: run.timed and run.built.chip.execution.mode == "pipelined",
        "operations follow one another",
    ),
    "controller.always_on": (
        lambda run: run.timed and run.has("controller"),
        "nothing is timed, or there is no controller",
    ),
    "off_chip.bits_per_cycle": (_timed, "nothing is timed"),
    "off_chip.latency_cycles": (_timed, "nothing is timed"),
    "off_chip.preload_input": (_timed, "nothing is timed"),
    "execution.mode": (_timed, "nothing is timed"),
    "execution.reload": (
        lambda run: bool(run.built.placement.passes),
        "all weights fit on the chip",
    ),
    "placement.pack": (_shares_tiles, "no two layers fit on one tile"),
}


def unused_settings(
    built: BuiltChip, *, timed: bool, data: bool = False, network: Network | None = None
) -> dict[str, str]:
    """Field paths of chip and scheme that are off their default and that this run does not read,
    each with the reason.

    `network` is the one that the trace was built from, where it was built: without it a scheme's
    own word decides on its settings.
    """
    run = Run(built, timed, data)
    followed = {
        str(value)[1:].strip()
        for part in built.chip.components.values()
        for value in part.parameters.values()
        if str(value).startswith("=")
    }
    found = {}
    for path in changed_fields(built.chip, leave_out=_NO_SETTINGS):
        acts, reason = CONDITIONS.get(path, (None, ""))
        if acts is not None and path not in followed and not acts(run):
            found[path] = reason
    found |= {
        path: "no action of this run has a price that depends on it"
        for path in _idle_parameters(built)
    }
    if built.rule:
        found |= {
            f"scheme.{name}": "the scheme does not use it with its other settings"
            for name in built.rule.unused_changes
        }
        if network is not None:
            found |= {
                f"scheme.{name}": "the step of this run is the same without it"
                for name in _idle_settings(built, network, timed)
            }
    return found


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
    for part in built.parts:
        entry = built.chip.components.get(part.name)
        defaults = {
            parameter.name: parameter.default for parameter in find_part(part.part).parameters
        }
        for name, value in entry.parameters.items() if entry else ():
            if str(value).startswith("=") or value == defaults[name]:
                continue
            with_it, without = (
                price(part.part, parameters, built.node_nm)
                for parameters in (
                    part.parameters,
                    {key: other for key, other in part.parameters.items() if key != name},
                )
            )
            same = [
                with_it.area.value == without.area.value,
                with_it.leakage.value == without.leakage.value,
            ]
            same += [
                with_it.energy[action].value == without.energy[action].value
                for action in counted.get(part.name, ())
            ]
            if all(same):
                yield f"components.{part.name}.parameters.{name}"


def _idle_settings(built: BuiltChip, network: Network, timed: bool) -> Iterator[str]:
    """Settings of the update rule without which the step and the parts are the same."""
    from archsim.trace import build_trace

    rule: Scheme = built.rule

    def step(rule: Scheme) -> Trace:
        # the settings that a trace records are no part of what it does
        return replace(
            build_trace(network, rule, built.trace.phase, built.trace.batch),
            scheme_settings=built.trace.scheme_settings,
        )

    whole = step(rule)
    for name in changed_fields(rule):
        if name in rule.unused:
            continue
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
