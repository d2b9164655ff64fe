"""What a finished machine measured, as the rows of a result."""

from __future__ import annotations

from archsim.soc.collect import check_conservation, resources, tile_operations
from archsim.soc.machine import Machine


def machine_facts(machine: Machine) -> dict:
    """Cycles, stalls, utilisation, rows by layer and phase, timeline. Raises RuntimeError where
    cycles do not add up.
    """
    total = machine.end
    rows = resources(machine)
    check_conservation(rows)
    tiles = [row for row in rows if row["kind"] == "tile"]
    stalls: dict[str, int] = {"input": 0, "output": 0, "dependency": 0, "instruction": 0}
    for row in tiles:
        for cause, cycles in row["stalls"].items():
            stalls[cause] += cycles
    busy = sum(row["busy_cycles"] for row in tiles)
    capacity = sum(row["total_cycles"] for row in tiles)
    jobs = tile_operations(machine)
    layers = [
        {
            "layer": layer,
            "phase": phase,
            "cycles": cycles,
            "stall_cycles": _stalls(machine, layer, phase),
            "tile_operations": jobs.get((layer, phase), 0),
        }
        for (layer, phase), cycles in machine.layer_cycles.cycles.items()
    ]
    notes = []
    if machine.dropped_spans:
        notes.append(
            f"the timeline keeps the first {len(machine.spans)} operations; {machine.dropped_spans} later ones are left out"
        )
    if machine.residency:
        notes.append(
            f"the chip is too small: weights were loaded {machine.residency.loads} times, {machine.residency.cycles} cycles"
        )
    return {
        "cycles": total,
        "interval_per_image_s": _interval(machine),
        "tile_operations": sum(jobs.values()),
        "utilisation": busy / capacity if capacity else 0.0,
        "by_layer": layers,
        "by_phase": dict(machine.phase_cycles.cycles),
        "busy_fractions": _busy_fractions(machine, busy, capacity),
        "resources": rows,
        "stalls": stalls,
        "timeline": [
            {
                "lane": layer,
                "layer": layer,
                "operation": name,
                "phase": phase,
                "image": image,
                "start": start,
                "end": end,
            }
            for layer, name, phase, image, start, end in machine.spans
        ],
        "notes": notes,
    }


def _stalls(machine: Machine, layer: str, phase: str) -> int:
    lane = machine.lanes.get(layer)
    return lane.phase_stalls.get(phase, 0) if lane else 0


def _interval(machine: Machine) -> float | None:
    """Seconds between two finished images in the steady state; None for a single image. Images that
    share a batch or a load of weights end together: there it is the mean over all."""
    ends = machine.image_ends
    if len(ends) < 2:
        return None
    half = len(ends) // 2
    cycles = (ends[-1] - ends[half - 1]) / (len(ends) - half)
    if machine.residency or machine.trace.phase == "training":
        cycles = machine.end / len(ends)
    return cycles / (machine.chip.clock_mhz * 1e6)


def _busy_fractions(machine: Machine, busy: int, capacity: int) -> dict[str, float]:
    total = machine.end or 1
    tile = busy / capacity if capacity else 0.0
    shares = {role: tile for role in ("array", "dac", "adc", "front_end")}
    shares |= {
        "vector_unit": machine.vector_unit.busy / total,
        "controller": machine.controller.busy / total,
        "buffer": machine.read_port.busy / (total * len(machine.read_port.free_at)),
        "interconnect": machine.interconnect.busy / total,
        "off_chip_memory": machine.off_chip.busy / total,
    }
    if machine.generator.requests:
        shares["bitstream_generator"] = machine.generator.busy / total
    return shares
