"""Network in; mm2, uW, cycles out: the one call that goes through trace, placement, SoC, ledger and prices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archsim.architecture import load_architecture
from archsim.cost.ledger import Ledger
from archsim.placement import Placement, place
from archsim.result import Result
from archsim.schemes import load_scheme
from archsim.soc.followers import check_followers, with_followers
from archsim.soc.inventory import build_inventory, priced_ledger, without_absent
from archsim.soc.setup import setup_facts
from archsim.trace import Trace, build_trace, load_trace
from hwlib.errors import InputError
from workloads import load_network
from workloads.network import Network

if TYPE_CHECKING:
    from archsim.architecture.config import Architecture
    from archsim.schemes.base import Scheme
    from archsim.soc.observers import Observer
    from archsim.soc.values import Values

MAX_IMAGES = 10_000_000
# Some hours of simulation: more is taken for a mistake.
MAX_JOBS = 2_000_000_000


def simulate(network: str | Path | Network | Trace, chip: str | Path | Architecture = "cim40", scheme: str | Scheme | None = None,
             phase: str = "inference", batch: int = 1, images: int | None = None, node_nm: float | None = None, seed: int = 0,
             timing: bool = True, setup: bool = True, data: Any = None, observers: Sequence[Observer] = (),
             progress: Callable[[int, int], None] | None = None) -> Result:
    """Simulate an inference or a training step and price it.

    `network` is a name, a path, a Network or a Trace (then scheme, phase and batch come from it); `images` defaults
    to `batch`; `node_nm` prices the same run at another node; `timing=False` counts and prices without events,
    `setup=False` leaves out what a training needs once.
    `data` ("random", an array of images or a dict of arrays) sends real values through the tiles' physics; the result
    then also has `outputs` and, from a plain NumPy forward pass, `reference_outputs` (images, *output shape).
    Raises InputError for anything wrong in the input, RuntimeError where the simulation lost work.
    """
    chip = load_architecture(chip)
    trace, net = _trace_of(network, scheme, phase, batch)
    given = trace.scheme if trace.scheme and not hasattr(scheme, "parts") else scheme
    rule = load_scheme(given) if given is not None else None
    kinds = {operation.kind for operation in trace.image_operations + trace.batch_operations}
    if "read_transposed" in kinds and not chip.read.transposed:
        raise InputError("this scheme reads the arrays backwards, the chip cannot", where=f"{chip.origin}: read.transposed", got=False,
                         hint="set read.transposed=true, or scheme.backward_in=vector_unit where the scheme has it")
    images = trace.batch if images is None else images
    if not isinstance(images, int) or isinstance(images, bool) or not 1 <= images <= MAX_IMAGES:
        raise InputError("not a whole number of images", where="images", got=images, allowed=f"1 to {MAX_IMAGES}")
    check_followers(chip)
    placement = place(trace.matrices, chip)
    if placement.passes and "pulse_update" in kinds:
        raise InputError("this scheme keeps its weights in the array alone; loading other layers there would lose them",
                         where=f"{chip.origin}: execution.reload", got=True,
                         hint=f"give the chip {placement.tiles} tiles (tile.count), or take another scheme")
    tiles = min(placement.tiles, placement.available) if chip.tile.count == "auto" else chip.tile.count
    inventory = build_inventory(chip, tiles, node_nm, rule.parts(chip) if trace.phase == "training" and rule else None,
                                placement.without())
    values = None
    if timing:
        _check_work(trace, chip, placement, inventory, images)
        facts, ledger, values = _timed(trace, net, chip, placement, images, data, seed, observers, progress)
    else:
        if data is not None or observers:
            raise InputError("real data and observers need the event simulation", where="timing", got=False)
        facts, ledger = _untimed(trace, chip, placement, images)
    ledger, lacking = priced_ledger(with_followers(ledger, chip), inventory, chip)
    facts["notes"] = [*facts["notes"], *lacking]
    if rule and not trace.scheme and net:
        facts["notes"] = [f"the update rule {rule.name} is not used: the phase is {trace.phase}, not training", *facts["notes"]]
    on_chip = {component.name for component in inventory}
    facts["busy_fractions"] = {role: share for role, share in facts["busy_fractions"].items() if role in on_chip}
    facts |= {
        "network": trace.network, "architecture": chip.name, "scheme": trace.scheme, "phase": trace.phase, "batch": trace.batch,
        "images": images, "node_nm": float(node_nm or chip.node_nm), "clock_mhz": chip.clock_mhz, "tiles": placement.tiles,
        "tiles_without": placement.without(),
        "seed": seed, "settings": chip.model_dump(mode="json", by_alias=True),
    }
    once = setup_facts(trace, chip, placement, inventory, timing) if setup else None
    result = Result.from_run(facts, inventory, ledger, once)
    if values is not None:
        result.outputs, result.reference_outputs = values.finish(), values.reference()
    return result


def _trace_of(network: Any, scheme: Any, phase: str, batch: int) -> tuple[Trace, Network | None]:
    if isinstance(network, str | Path) and str(network).lower().endswith(".json"):
        network = load_trace(network)
    if isinstance(network, Trace):
        return network, None
    net = network if isinstance(network, Network) else load_network(network)
    rule = load_scheme(scheme) if scheme is not None else None
    return build_trace(net, rule, phase, batch), net


def _check_work(trace: Trace, chip: Architecture, placement: Placement, inventory: list, images: int) -> None:
    """Refuse before the events what would fail after them, or never end."""
    from archsim.soc.collect import ledger_of_plans, plans_of

    plans = plans_of(trace, chip, placement)
    jobs = sum(plan.jobs for plan in plans) * images
    if jobs > MAX_JOBS:
        raise InputError("too much to simulate step by step", where=trace.network, got=f"{jobs} steps", allowed=f"up to {MAX_JOBS}",
                         hint="fewer images, or timing=False (--no-timing), which counts and prices without events")
    without_absent(with_followers(ledger_of_plans(trace, chip, plans, images, placement)[0], chip), inventory, chip)


def _placement_rows(placement: Placement, chip: Architecture) -> list[dict]:
    rows = []
    for name, layer in placement.layers.items():
        cells = len(set(layer.tiles)) * chip.tile.rows * chip.tile.columns
        rows.append({"layer": name, "tiles": [min(layer.tiles), max(layer.tiles)], "tile_count": len(set(layer.tiles)),
                     "lender": layer.matrix.lender, "borrowed": " ".join(layer.matrix.borrowed),
                     "row_splits": layer.row_splits, "column_splits": layer.column_splits, "copies": layer.copies, "rows": layer.rows,
                     "columns": layer.columns, "groups": layer.matrix.groups, "vectors": layer.matrix.vectors,
                     "utilisation": min(1.0, layer.cells / cells)})
    return rows


def _roofline(trace: Trace, chip: Architecture, plans: dict, seconds: dict[tuple[str, str], float], tiles: int) -> dict:
    from archsim.soc.tile_timing import read_timing

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
        points.append({"layer": op.layer, "phase": op.phase, "macs": macs[op.place] * op.steps, "bits": max(bits, 1),
                       "seconds": seconds[key]})
    return {"peak_macs_per_s": tiles * per_tile * clock / read_timing(chip, chip.tile.columns).interval,
            "buffer_bits_per_s": chip.interconnect.width_bits * clock, "off_chip_bits_per_s": chip.off_chip.bits_per_cycle * clock,
            "points": points}


def _notes(trace: Trace, chip: Architecture, timed: bool, measured: bool = False) -> list[str]:
    notes = list(trace.notes)
    if trace.activity == "assumed" and not measured:
        notes.append("activity is assumed (stated defaults): half of the inputs are non-zero, half of their bits are ones")
    if not timed:
        notes.append("no timing: dynamic energy only, without leakage, clock tree and a controller that always runs")
    wires = chip.components.get("interconnect")
    if wires and (chip.interconnect.kind, wires.part) in (("bus", "h_tree"), ("h_tree", "wire_bus")):
        notes.append(f"interconnect.kind is {chip.interconnect.kind} but its part is {wires.part}: "
                     "time and counts follow the first, area and energy the second")
    return notes + list(chip.notes)


def _untimed(trace: Trace, chip: Architecture, placement: Placement, images: int) -> tuple[dict, Ledger]:
    from archsim.soc.collect import ledger_of_plans, plans_of, tile_operations_of_plans

    plans = plans_of(trace, chip, placement)
    ledger, tile_operations = ledger_of_plans(trace, chip, plans, images, placement)
    rows = [{"layer": layer, "phase": phase, "cycles": None, "stall_cycles": None, "tile_operations": count}
            for (layer, phase), count in tile_operations_of_plans(trace, plans, images).items()]
    phases = dict.fromkeys(row["phase"] for row in rows)
    return {"cycles": None, "interval_per_image_s": None, "operations": trace.vector_operations(images),
            "tile_operations": tile_operations,
            "utilisation": None, "activity": trace.activity, "by_layer": rows, "by_phase": phases, "busy_fractions": {}, "resources": [],
            "stalls": {}, "timeline": [], "roofline": {}, "placement": _placement_rows(placement, chip),
            "notes": _notes(trace, chip, False)}, ledger


def _timed(trace: Trace, net: Network | None, chip: Architecture, placement: Placement, images: int, data: Any, seed: int,
           observers: Sequence[Observer], progress: Callable | None) -> tuple[dict, Ledger, Values | None]:
    from archsim.soc.collect import ledger_of_machine
    from archsim.soc.facts import machine_facts
    from archsim.soc.machine import Machine

    values = None
    if data is not None:
        from archsim.soc.values import prepare_values

        values = prepare_values(net, trace, chip, placement, data, images, seed)
    machine = Machine(trace, chip, placement, images, values, observers, progress)
    machine.run()
    if values:
        values.measure(machine)
    facts = machine_facts(machine)
    seconds = {(r["layer"], r["phase"]): max(1, r["cycles"]) / (chip.clock_mhz * 1e6) for r in facts["by_layer"]}
    facts |= {"operations": trace.vector_operations(images), "activity": "measured" if values else trace.activity,
              "roofline": _roofline(trace, chip, machine.plans, seconds,
                                    min(placement.tiles, placement.available) - placement.without().get("adc", 0)),
              "placement": _placement_rows(placement, chip), "notes": _notes(trace, chip, True, values is not None) + facts["notes"]
              + [note for observer in observers for note in observer.notes]}
    return facts, ledger_of_machine(machine), values
