"""What a finished machine measured, as the records of a result."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any, NamedTuple

from archsim.chip.blocks import blocks
from archsim.soc.collect import ResourceCycles, check_conservation, resources, tile_operations
from archsim.soc.executed import ChipMachine, Span

CAUSES = ("input", "output", "dependency", "instruction")
"""Why a tile stands still."""
# Parts of a tile that work while it does.
WITH_THE_TILE = ("array", "dac", "adc", "front_end")


@dataclass(frozen=True, slots=True)
class LayerCycles:
    """A layer in a phase: cycles in which at least one of its operations was under way, those that
    its tiles stood still, and its tile operations.
    """

    layer: str
    phase: str
    cycles: int
    stall_cycles: int
    tile_operations: int


@dataclass(frozen=True, slots=True)
class MachineFacts:
    """Time of a run: in cycles, by layer and phase, by resource, and when which operation ran.

    `utilisation` is the share of its cycles that a tile works; `busy_fractions` are by role of the
    chip; `interval_per_image_s` is None for a single image.
    """

    cycles: int
    interval_per_image_s: float | None
    tile_operations: int
    utilisation: float
    by_layer: tuple[LayerCycles, ...]
    by_phase: dict[str, int]
    busy_fractions: dict[str, float]
    resources: tuple[ResourceCycles, ...]
    stalls: dict[str, int]
    timeline: tuple[Span, ...]
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain tables with the names of a result."""
        return _row(self) | {
            "by_layer": [_row(row) for row in self.by_layer],
            "resources": [row.to_row() for row in self.resources],
            "timeline": [{"lane": span.layer} | span._asdict() for span in self.timeline],
            "notes": list(self.notes),
        }


def _row(record: MachineFacts | LayerCycles) -> dict[str, Any]:
    """The fields of a record by their names; tables in it are copied, records in it are not."""
    names, values_of, tables = _FIELDS[type(record)]
    row = dict(zip(names, values_of(record)))
    for name in tables:
        row[name] = dict(row[name])
    return row


class _Fields(NamedTuple):
    """The names of a record's fields, what takes them from it, and those that are tables."""

    names: tuple[str, ...]
    values_of: Callable[[object], tuple[Any, ...]]
    tables: tuple[str, ...]


def _fields_of(form: type[MachineFacts | LayerCycles]) -> _Fields:
    names = tuple(field.name for field in fields(form))
    tables = tuple(field.name for field in fields(form) if str(field.type).startswith("dict"))
    return _Fields(names, attrgetter(*names), tables)


_FIELDS: dict[type, _Fields] = {form: _fields_of(form) for form in (MachineFacts, LayerCycles)}


def machine_facts(machine: ChipMachine) -> MachineFacts:
    """Cycles, stalls, utilisation, layers, phases and timeline. Raises RuntimeError where cycles do
    not add up.
    """
    rows = resources(machine)
    check_conservation(rows)
    tiles = [row for row in rows if row.kind == "tile"]
    jobs = tile_operations(machine)
    capacity = sum(row.total_cycles for row in tiles)
    utilisation = sum(row.busy_cycles for row in tiles) / capacity if capacity else 0.0
    return MachineFacts(
        cycles=machine.end,
        interval_per_image_s=_interval(machine),
        tile_operations=sum(jobs.values()),
        utilisation=utilisation,
        by_layer=tuple(_by_layer(machine, jobs)),
        by_phase=dict(machine.phase_cycles.cycles),
        busy_fractions=_busy_fractions(machine, utilisation),
        resources=tuple(rows),
        stalls={cause: sum(row.stalls.get(cause, 0) for row in tiles) for cause in CAUSES},
        timeline=tuple(machine.spans),
        notes=tuple(_notes(machine)),
    )


def _by_layer(machine: ChipMachine, jobs: dict[tuple[str, str], int]) -> Iterable[LayerCycles]:
    for (layer, phase), cycles in machine.layer_cycles.cycles.items():
        lane = machine.lanes.get(layer)
        stalled = lane.phase_stalls.get(phase, 0) if lane else 0
        yield LayerCycles(layer, phase, cycles, stalled, jobs.get((layer, phase), 0))


def _notes(machine: ChipMachine) -> Iterable[str]:
    if machine.dropped_spans:
        yield (
            f"the timeline keeps the first {len(machine.spans)} operations; "
            f"{machine.dropped_spans} later ones are left out"
        )
    yield from _link_note(machine)
    if machine.residency:
        yield (
            f"the chip is too small: weights were loaded {machine.residency.loads} times, "
            f"{machine.residency.cycles} cycles"
        )


def _link_note(machine: ChipMachine) -> Iterable[str]:
    """The busiest link between cores."""
    between = [link for link in machine.links() if link.kind in ("wire", "bus", "package")]
    if between and machine.end:
        hottest = max(between, key=lambda link: link.busy)
        words = f"{100 * hottest.busy / machine.end:.1f} % of the time"
        if hottest.blocked:
            words += f", and {hottest.blocked} cycles for a slot behind it"
        yield f"the hottest link between cores is {hottest.name}: {words}, {hottest.flits} flits"


def _interval(machine: ChipMachine) -> float | None:
    """Seconds between two finished images in the steady state; None for a single image. Images that
    share a batch or a load of weights end together: there it is the mean over all."""
    ends = machine.image_ends
    if len(ends) < 2:
        return None
    half = len(ends) // 2
    # Of the second half: the first one fills the pipeline.
    cycles = (ends[-1] - ends[half - 1]) / (len(ends) - half)
    if machine.residency or machine.trace.phase == "training":
        cycles = machine.end / len(ends)
    return cycles / (machine.chip.clock_mhz * 1e6)


def _busy_fractions(machine: ChipMachine, utilisation: float) -> dict[str, float]:
    """By role: parts of a tile with the tiles, a block by the first of its servers."""
    total = machine.end or 1
    shares = dict.fromkeys(WITH_THE_TILE, utilisation)
    for block in blocks():
        servers = machine.wiring.servers[block.name]
        # A block that may be absent, and was asked for nothing, has no share to show.
        if servers and (servers[0].requests or not block.optional):
            shares[block.roles[0]] = servers[0].busy / (total * len(servers[0].free_at))
    return shares | machine.busy_shares()
