"""What a run is found to do, before any price: counted by the event model, or by the plans alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, NotRequired, TypedDict

from archsim.chip.assumptions import ASSUMED_ACTIVITY
from archsim.chip.built import BuiltChip
from archsim.chip.components import absent_note
from archsim.ledger.ledger import Ledger
from archsim.run.fact_tables import Row, kind_rows, memory_row, placement_rows, shares_of_parts
from archsim.run.roofline_facts import roofline_of

if TYPE_CHECKING:
    from archsim.run.options import SimulationOptions
    from archsim.soc.data.tile_data import TileData
    from archsim.soc.facts import MachineFacts
    from workloads.network import Network


class RunFacts(TypedDict):
    """What `Result.from_run` is told; the rest of a result's document is priced from it.

    `cycles` is None where nothing was timed. `by_layer` rows hold layer, phase, cycles,
    stall_cycles, tile_operations; `by_phase` maps a phase to its cycles; `busy_fractions` maps a
    component to the share of time it works. `kinds` are the kinds of cores, where there are several:
    by name their `cores`, `tiles` and `tiles_without`. The order is that of the document.
    """

    network: str
    architecture: str
    scheme: str | None
    phase: str
    batch: int
    images: int
    node_nm: float
    clock_mhz: float
    cycles: int | None
    interval_per_image_s: float | None
    tiles: int
    tiles_without: Mapping[str, int]
    kinds: NotRequired[Mapping[str, Row]]
    operations: int
    tile_operations: float
    utilisation: float | None
    activity: str
    seed: int
    by_layer: Sequence[Row]
    by_phase: Mapping[str, int | None]
    busy_fractions: Mapping[str, float | None]
    resources: Sequence[Row]
    stalls: Mapping[str, int]
    timeline: Sequence[Row]
    roofline: Row
    placement: Sequence[Row]
    memory: Row
    notes: list[str]
    settings: Row


class RunNumbers(TypedDict):
    """The numbers of a run that no table holds; a sweep stores them in this order."""

    cycles: int | None
    images: int
    tiles: int
    operations: int
    tile_operations: float
    utilisation: float | None
    interval_per_image_s: float | None


class CountedRun(NamedTuple):
    """A run that is over: its facts, the actions to be priced, its real data where it had some, and
    what ran its events, None where none did.
    """

    facts: RunFacts
    ledger: Ledger
    values: TileData | None = None
    engine: str | None = None


def untimed_facts(built: BuiltChip, seed: int) -> CountedRun:
    """What the plans foresee: counts without events, so without time."""
    from archsim.chip.plan.counts import tile_operations_of_plans

    trace = built.trace
    jobs = tile_operations_of_plans(trace, list(built.plans), built.images)
    rows = [
        {
            "layer": layer,
            "phase": phase,
            "cycles": None,
            "stall_cycles": None,
            "tile_operations": count,
        }
        for (layer, phase), count in jobs.items()
    ]
    untimed = "no timing: dynamic energy only, without leakage, clock tree and a controller that always runs"
    measured = {
        "activity": trace.activity,
        "by_layer": rows,
        "by_phase": dict.fromkeys(row["phase"] for row in rows),
        "busy_fractions": {},
        "resources": [],
        "stalls": {},
        "timeline": [],
        "roofline": {},
        "notes": [*built.assumptions, untimed, *absent_note(built.missing, built.chip)],
    }
    return CountedRun(_facts(built, seed, numbers_of(built), measured), built.counts)


def timed_facts(
    built: BuiltChip, network: Network | None, options: SimulationOptions
) -> CountedRun:
    """What the event model counts, cycle by cycle.

    Raises:
        InputError: for real data that do not fit.
        RuntimeError: where work was lost.
    """
    from archsim.soc.collect import ledger_of_machine
    from archsim.soc.facts import machine_facts
    from archsim.soc.riders import Riders
    from archsim.soc.run_built import run_step

    trace = built.trace
    chip = built.chip
    placement = built.placement
    images = built.images
    values = None
    if options.data is not None:
        from archsim.run.held import holder_of
        from archsim.soc.data.request import prepare_values

        values = prepare_values(
            network, trace, chip, placement, options.data, images, options.seed, holder_of(options)
        )
        values.refuse_no_numbers()
    observers = options.observers
    machine = run_step(built, options.engine, Riders(values, observers, options.progress))
    if values:
        values.measure(machine)
    timed = machine_facts(machine)
    measured: dict[str, Any] = timed.to_dict()
    ledger, lacking = built.priced(ledger_of_machine(machine))
    # real data measure the activity, so nothing of it is assumed
    assumptions = [note for note in built.assumptions if values is None or note != ASSUMED_ACTIVITY]
    measured |= {
        "activity": "measured" if values else trace.activity,
        "roofline": roofline_of(built, machine.plans, measured["by_layer"]),
        "notes": [
            *assumptions,
            *measured["notes"],
            *(values.notes if values else ()),
            *(note for observer in observers for note in observer.notes),
            *absent_note(lacking, chip),
        ],
    }
    facts = _facts(built, options.seed, numbers_of(built, timed), measured)
    return CountedRun(facts, ledger, values, machine.engine)


def numbers_of(built: BuiltChip, measured: MachineFacts | None = None) -> RunNumbers:
    """What a run is in numbers: of the built chip, and as measured on it where it was timed."""
    return {
        "cycles": measured.cycles if measured else None,
        "images": built.images,
        "tiles": built.placement.tiles,
        "operations": built.trace.vector_operations(built.images),
        "tile_operations": measured.tile_operations if measured else built.tile_operations,
        "utilisation": measured.utilisation if measured else None,
        "interval_per_image_s": measured.interval_per_image_s if measured else None,
    }


def _facts(
    built: BuiltChip, seed: int, numbers: RunNumbers, measured: Mapping[str, Any]
) -> RunFacts:
    """The facts of a run: what the built chip knows, its numbers, and the tables measured on it."""
    trace = built.trace
    chip = built.chip
    placement = built.placement
    on_chip = {component.name for component in built.parts}
    kinds = kind_rows(placement, chip)
    facts: RunFacts = {
        "network": trace.network,
        "architecture": chip.name,
        "scheme": trace.scheme,
        "phase": trace.phase,
        "batch": trace.batch,
        "images": numbers["images"],
        "node_nm": built.node_nm,
        "clock_mhz": chip.clock_mhz,
        "cycles": numbers["cycles"],
        "interval_per_image_s": numbers["interval_per_image_s"],
        "tiles": numbers["tiles"],
        "tiles_without": placement.without(),
        "operations": numbers["operations"],
        "tile_operations": numbers["tile_operations"],
        "utilisation": numbers["utilisation"],
        "activity": measured["activity"],
        "seed": seed,
        "by_layer": measured["by_layer"],
        "by_phase": measured["by_phase"],
        "busy_fractions": {
            role: share
            for role, share in shares_of_parts(measured["busy_fractions"], built).items()
            if role in on_chip
        },
        "resources": measured["resources"],
        "stalls": measured["stalls"],
        "timeline": measured["timeline"],
        "roofline": measured["roofline"],
        "placement": placement_rows(placement, chip),
        "memory": memory_row(built),
        "notes": measured["notes"],
        "settings": chip.model_dump(mode="json", by_alias=True),
    }
    if kinds:
        facts["kinds"] = kinds
    return facts
