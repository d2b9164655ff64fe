"""Network in; mm2, uW, cycles out: the one call that goes through trace, placement, SoC, ledger and
prices.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archsim.chip import load_architecture
from archsim.chip.built import ASSUMED_ACTIVITY, BuiltChip, build_chip
from archsim.chip.components import absent_note
from archsim.chip.place import Placement
from archsim.chip.record import chip_of_record, differences
from archsim.chip.unused import unused_notes, unused_settings
from archsim.ledger.ledger import Ledger
from archsim.run.recorded_trace import load_trace
from archsim.run.result import Result
from archsim.schemes import load_scheme
from archsim.soc.setup import setup_facts
from archsim.trace import Trace, build_trace
from hwlib.errors import InputError
from workloads import load_network
from workloads.network import Network

if TYPE_CHECKING:
    from archsim.chip.config import Architecture
    from archsim.schemes.base import Scheme
    from archsim.soc.data.values import Values
    from archsim.soc.observers import Observer


_SHOWN = 5


def simulate(
    network: str | Path | Network | Trace,
    chip: str | Path | Architecture | None = None,
    scheme: str | Scheme | None = None,
    phase: str = "inference",
    batch: int = 1,
    images: int | None = None,
    node_nm: float | None = None,
    seed: int = 0,
    timing: bool = True,
    setup: bool = True,
    data: Any = None,
    observers: Sequence[Observer] = (),
    progress: Callable[[int, int], None] | None = None,
    activity: str | Path | None = None,
) -> Result:
    """Simulate an inference or a training step and price it.

    `network` is a name, a path, a Network or a Trace (then scheme, phase and batch come from it);
    `chip`, where none is named, is the one that a trace was recorded on, else cim40; `images`
    defaults to `batch`; `node_nm` prices the same run at another node;
    `timing=False` counts and prices without events, `setup=False` leaves out what a training needs
    once.
    `data` ("random", an array of images or a dict of arrays) sends real values through the tiles'
    physics; the result then also has `outputs` and, from a plain NumPy forward pass,
    `reference_outputs` (images, *output shape).
    `activity`: a .csv or .json file of measured activity by layer and phase, in place of the
    assumed means.
    Raises InputError for anything wrong in the input, RuntimeError where the simulation lost work.
    """
    if activity is not None and data is not None:
        raise InputError(
            "real data measure the activity themselves", where="activity", got=str(activity)
        )
    built, net, recorded = build_for(network, chip, scheme, phase, batch, images, node_nm, activity)
    chip, trace = built.chip, built.trace
    values = None
    if timing:
        built.check_time()  # before the events, which would never end
        facts, ledger, values = _timed(built, net, data, seed, observers, progress)
    else:
        if data is not None or observers:
            raise InputError(
                "real data and observers need the event simulation", where="timing", got=False
            )
        facts, ledger = _untimed(built), built.counts
    facts["notes"] = [*recorded, *facts["notes"]]
    if scheme is not None and not trace.scheme and net:
        name = load_scheme(scheme).name
        facts["notes"] = [
            f"the update rule {name} is not used: the phase is {trace.phase}, not training",
            *facts["notes"],
        ]
    on_chip = {component.name for component in built.parts}
    facts["busy_fractions"] = {
        role: share for role, share in facts["busy_fractions"].items() if role in on_chip
    }
    placement = built.placement
    unused = unused_settings(built, timed=timing, data=data is not None, network=net)
    facts["notes"] = [*facts["notes"], *unused_notes(unused)]
    facts |= {
        "network": trace.network,
        "architecture": chip.name,
        "scheme": trace.scheme,
        "phase": trace.phase,
        "batch": trace.batch,
        "images": built.images,
        "node_nm": built.node_nm,
        "clock_mhz": chip.clock_mhz,
        "tiles": placement.tiles,
        "tiles_without": placement.without(),
        "seed": seed,
        "settings": chip.model_dump(mode="json", by_alias=True),
    }
    once = setup_facts(built, timing) if setup else None
    result = Result.from_run(facts, built.parts, ledger, once)
    result.document["unused"] = sorted(unused)
    return (
        result if values is None else Result(result.document, values.finish(), values.reference())
    )


def build_for(
    network: Any,
    chip: Any,
    scheme: Any,
    phase: str,
    batch: int,
    images: int | None,
    node_nm: float | None,
    activity: str | Path | None = None,
) -> tuple[BuiltChip, Network | None, list[str]]:
    """The built chip of a call of `simulate`, the network where there is one, and notes about where
    a trace was recorded.
    """
    trace, net = _trace_of(network, scheme, phase, batch)
    if activity is not None:
        from archsim.trace.activity_file import with_activity_file

        trace = with_activity_file(trace, activity)
    chip, recorded = chip_for(trace, chip)
    if trace.scheme and not hasattr(scheme, "parts"):
        rule = load_scheme(trace.scheme, trace.scheme_settings)
    else:
        rule = load_scheme(scheme) if scheme is not None else None
    return build_chip(trace, chip, rule, images, node_nm), net, recorded


def chip_for(
    trace: Trace, chip: str | Path | Architecture | None
) -> tuple[Architecture, list[str]]:
    """The chip of a run: the one named, the one that the trace was recorded on, or cim40; and notes
    where those are not one and the same.

    Raises InputError for a chip that is not there or not allowed.
    """
    operations = trace.image_operations + trace.batch_operations
    measured = any(operation.activity.source == "measured" for operation in operations)
    if chip is None and trace.chip:
        return chip_of_record(trace.chip, trace.network), []
    named = load_architecture("cim40" if chip is None else chip)
    if trace.chip is None:
        text = f"its source does not say on which chip the activity was measured; this run is on {named.name}"
        return named, [text] if measured else []
    changed = differences(trace.chip, named)
    if not changed:
        return named, []
    what = "its activity was measured on" if measured else "the trace was written for"
    if named.name == trace.chip["name"]:
        return named, [f"{what} the chip {named.name} with other settings: {', '.join(changed)}"]
    return named, [f"{what} the chip {trace.chip['name']}, this run is on {named.name}"]


def _trace_of(network: Any, scheme: Any, phase: str, batch: int) -> tuple[Trace, Network | None]:
    if isinstance(network, str | Path) and str(network).lower().endswith(".json"):
        network = load_trace(network)
    if isinstance(network, Trace):
        return network, None
    net = network if isinstance(network, Network) else load_network(network)
    rule = load_scheme(scheme) if scheme is not None else None
    trace = build_trace(net, rule, phase, batch)
    return replace(
        trace, notes=(*trace.notes, *untrained_notes(net, rule))
    ) if phase == "training" else trace, net


def untrained_notes(network: Network, rule: Scheme) -> list[str]:
    """What of a training step is priced but cannot be trained: layers without a training kernel, a
    rule without an algorithm.
    """
    from archsim.training.program import untrainable

    notes, lacking = [], untrainable(network)
    if lacking:
        shown = [f"{layer} ({what})" for layer, what in list(lacking.items())[:_SHOWN]]
        more = f" and {len(lacking) - _SHOWN} more" if len(lacking) > _SHOWN else ""
        notes.append(f"priced only: `archsim train` has no kernel for {', '.join(shown)}{more}")
    if not rule.core:
        notes.append(f"priced only: the scheme {rule.name} has no training algorithm")
    return notes


def _placement_rows(placement: Placement, chip: Architecture) -> list[dict]:
    rows = []
    for name, layer in placement.layers.items():
        first, last, count = layer.span
        cells = count * chip.tile.rows * chip.tile.columns
        rows.append(
            {
                "layer": name,
                "tiles": [first, last],
                "tile_count": count,
                "lender": layer.matrix.lender,
                "borrowed": " ".join(layer.matrix.borrowed),
                "row_splits": layer.row_splits,
                "column_splits": layer.column_splits,
                "copies": layer.copies,
                "rows": layer.rows,
                "columns": layer.columns,
                "groups": layer.matrix.groups,
                "vectors": layer.matrix.vectors,
                "utilisation": min(1.0, layer.cells / cells),
            }
        )
    return rows


def _roofline(
    trace: Trace, chip: Architecture, plans: dict, seconds: dict[tuple[str, str], float], tiles: int
) -> dict:
    from archsim.chip.plan.tile_timing import read_timing

    clock = chip.clock_mhz * 1e6
    per_tile = chip.tile.rows * max(chip.weight_columns_of(m.layer) for m in trace.matrices)
    macs = {m.layer: m.weights for m in trace.matrices}
    points = []
    for item in plans.values():
        op = item.operation
        key = (op.layer, op.phase)
        if not op.kind.startswith("read") or key not in seconds:
            continue
        bits = (item.bus_in + item.bus_out) * chip.interconnect.width_bits * op.steps
        points.append(
            {
                "layer": op.layer,
                "phase": op.phase,
                "macs": macs[op.place] * op.steps,
                "bits": max(bits, 1),
                "seconds": seconds[key],
            }
        )
    return {
        "peak_macs_per_s": tiles * per_tile * clock / read_timing(chip, chip.tile.columns).interval,
        "buffer_bits_per_s": chip.interconnect.width_bits * clock,
        "off_chip_bits_per_s": chip.off_chip.bits_per_cycle * clock,
        "points": points,
    }


def _untimed(built: BuiltChip) -> dict:
    from archsim.chip.plan.counts import tile_operations_of_plans

    trace, images = built.trace, built.images
    rows = [
        {
            "layer": layer,
            "phase": phase,
            "cycles": None,
            "stall_cycles": None,
            "tile_operations": count,
        }
        for (layer, phase), count in tile_operations_of_plans(trace, built.plans, images).items()
    ]
    phases = dict.fromkeys(row["phase"] for row in rows)
    untimed = "no timing: dynamic energy only, without leakage, clock tree and a controller that always runs"
    return {
        "cycles": None,
        "interval_per_image_s": None,
        "operations": trace.vector_operations(images),
        "tile_operations": built.tile_operations,
        "utilisation": None,
        "activity": trace.activity,
        "by_layer": rows,
        "by_phase": phases,
        "busy_fractions": {},
        "resources": [],
        "stalls": {},
        "timeline": [],
        "roofline": {},
        "placement": _placement_rows(built.placement, built.chip),
        "notes": [*built.assumptions, untimed, *absent_note(built.missing, built.chip)],
    }


def _timed(
    built: BuiltChip,
    net: Network | None,
    data: Any,
    seed: int,
    observers: Sequence[Observer],
    progress: Callable | None,
) -> tuple[dict, Ledger, Values | None]:
    from archsim.soc.collect import ledger_of_machine
    from archsim.soc.facts import machine_facts
    from archsim.soc.machine import Machine

    trace = built.trace
    chip = built.chip
    placement = built.placement
    images = built.images
    values = None
    if data is not None:
        from archsim.soc.data.request import prepare_values

        values = prepare_values(net, trace, chip, placement, data, images, seed)
    machine = Machine(trace, chip, placement, images, values, observers, progress)
    machine.run()
    if values:
        values.measure(machine)
    facts = machine_facts(machine)
    seconds = {
        (r["layer"], r["phase"]): max(1, r["cycles"]) / (chip.clock_mhz * 1e6)
        for r in facts["by_layer"]
    }
    tiles = min(placement.tiles, placement.available) - placement.without().get("adc", 0)
    assumptions = [note for note in built.assumptions if values is None or note != ASSUMED_ACTIVITY]
    ledger, lacking = built.priced(ledger_of_machine(machine))
    facts |= {
        "operations": trace.vector_operations(images),
        "activity": "measured" if values else trace.activity,
        "roofline": _roofline(trace, chip, machine.plans, seconds, tiles),
        "placement": _placement_rows(placement, chip),
        "notes": [
            *assumptions,
            *facts["notes"],
            *(values.notes if values else ()),
            *(note for observer in observers for note in observer.notes),
            *absent_note(lacking, chip),
        ],
    }
    return facts, ledger, values
