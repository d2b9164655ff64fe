"""Results in the JSON form of `archsim run`, made by arithmetic: any size, closed sums, no
simulator. For tests of what is shown.
"""

from __future__ import annotations

import math

from tests.data_parts import PARTS, PER_TILE_OPERATION, SHARES, figures, resources

LENET = (("conv1", 25, 4, 576), ("conv2", 100, 12, 64), ("fc", 192, 10, 1))


def long_network(count: int) -> tuple[tuple[str, int, int, int], ...]:
    """A residual network's shape: (name, rows, columns, vectors) for `count` layers, deeper is
    wider and smaller.
    """
    layers = []
    for index in range(count):
        stage = min(3, 4 * index // count)
        channels = 64 << stage
        side = 56 >> stage
        layers.append((f"layer{stage + 1}.{index}.conv", 9 * channels, channels, side * side))
    return tuple(layers)


def make_result(
    layers=LENET,
    phases=("forward",),
    *,
    timing=True,
    network="lenet1",
    architecture="cim40",
    batch=1,
    static=True,
    spans=6,
):
    """A whole result. `layers` are (name, rows, columns, vectors); `static` False makes a chip that
    does not leak.
    """
    clock_mhz = 100.0
    ledger = []
    by_layer = []
    timeline = []
    placement = []
    points = []
    tiles = 0
    start = 0
    for name, rows, columns, _ in layers:
        need = math.ceil(rows / 128) * math.ceil(columns / 64)
        placement.append(
            {
                "layer": name,
                "tiles": [tiles, tiles + need - 1],
                "tile_count": need,
                "row_splits": math.ceil(rows / 128),
                "column_splits": math.ceil(columns / 64),
                "copies": 1,
                "rows": rows,
                "columns": 2 * columns,
                "utilisation": 2 * rows * columns / (need * 16384),
            }
        )
        tiles += need
    inventory = [
        {
            "component": c,
            "part": p,
            "parameters": dict(v),
            "count": SHARES.get(c, 1) * (tiles if c in SHARES else 1),
            "boundary": b,
            "area_mm2": a * 1e-6 * SHARES.get(c, 1) * (tiles if c in SHARES else 1),
            "static_power_uw": (w if static else 0.0)
            * SHARES.get(c, 1)
            * (tiles if c in SHARES else 1),
        }
        for c, (p, v, b, a, w, _, _) in PARTS.items()
    ]
    energy = dict.fromkeys(PARTS, 0.0)
    for phase in phases:
        for (name, rows, columns, vectors), placed in zip(layers, placement):
            operations = vectors * batch * placed["tile_count"]
            row_energy = 0.0
            for component, each in PER_TILE_OPERATION.items():
                count = (
                    each * operations * (0.3 if phase == "update" and component == "adc" else 1.0)
                )
                ledger.append(
                    {
                        "component": component,
                        "action": PARTS[component][6],
                        "layer": name,
                        "phase": phase,
                        "count": count,
                    }
                )
                energy[component] += count * PARTS[component][5]
                row_energy += count * PARTS[component][5]
            if phase == "update":
                count = rows * columns * 1.7
                ledger.append(
                    {
                        "component": "write_driver",
                        "action": "pulse",
                        "layer": name,
                        "phase": phase,
                        "count": count,
                    }
                )
                energy["write_driver"] += count * PARTS["write_driver"][5]
                row_energy += count * PARTS["write_driver"][5]
            cycles = 72 * vectors * batch if timing else None
            by_layer.append(
                {
                    "layer": name,
                    "phase": phase,
                    "cycles": cycles,
                    "stall_cycles": cycles // 9 if timing else None,
                    "energy_j": row_energy,
                    "off_chip_energy_j": 0.0,
                    "tile_operations": operations,
                }
            )
            if timing:
                for piece in range(spans):
                    timeline.append(
                        {
                            "lane": name,
                            "layer": name,
                            "phase": phase,
                            "image": piece,
                            "start": start + cycles * piece // spans,
                            "end": start
                            + cycles * piece // spans
                            + max(1, int(cycles / spans * 0.9)),
                        }
                    )
                start += cycles
                macs = rows * columns * vectors * batch
                points.append(
                    {
                        "layer": name,
                        "phase": phase,
                        "macs": macs,
                        "bits": 8.0 * vectors * batch * (rows + columns),
                        "seconds": cycles / clock_mhz / 1e6,
                    }
                )
    cycles = start + 120 if timing else None
    seconds = cycles / clock_mhz / 1e6 if timing else None
    by_component = {}
    for item in inventory:
        name = item["component"]
        static_energy = item["static_power_uw"] * 1e-6 * seconds if timing else 0.0
        if name == "off_chip_memory":
            energy[name] = 8.0 * 4e-12 * sum(r * c for _, r, c, _ in layers)
        by_component[name] = {
            "area_mm2": item["area_mm2"],
            "energy_j": energy[name] + static_energy,
            "dynamic_energy_j": energy[name],
            "static_energy_j": static_energy,
            "static_power_uw": item["static_power_uw"],
            "busy_fraction": None if not timing else 0.9 if name == "array" else 0.2,
            "boundary": item["boundary"],
            "part": item["part"],
            "count": item["count"],
        }
    boundaries = {}
    area = 0.0
    joules = 0.0
    for boundary in ("macro", "chip", "system"):
        for item in inventory:
            if item["boundary"] == boundary:
                area += item["area_mm2"]
                joules += by_component[item["component"]]["energy_j"]
        power = joules / seconds * 1e6 if timing else None
        boundaries[boundary] = {
            "area_mm2": area,
            "energy_j": joules,
            "power_uw": power,
            "area_mm2_range": [0.52 * area, 2.3 * area],
            "power_uw_range": [0.41 * power, 3.1 * power] if timing else None,
        }
    off_chip = {"off_chip_memory": by_component.pop("off_chip_memory")}
    chip = boundaries["chip"]
    shared = sum(v["static_power_uw"] for v in by_component.values()) * 1e-6 * (seconds or 0.0)
    by_layer.append(
        {
            "layer": "shared",
            "phase": "shared",
            "cycles": 0 if timing else None,
            "stall_cycles": 0 if timing else None,
            "energy_j": shared,
            "off_chip_energy_j": off_chip["off_chip_memory"]["energy_j"],
            "tile_operations": 0,
        }
    )
    by_phase = {
        p: {
            "cycles": sum(r["cycles"] or 0 for r in by_layer if r["phase"] == p)
            if timing
            else None,
            "energy_j": sum(r["energy_j"] for r in by_layer if r["phase"] == p),
            "off_chip_energy_j": sum(r["off_chip_energy_j"] for r in by_layer if r["phase"] == p),
        }
        for p in (*phases, "shared")
    }
    static_power = sum(row["static_power_uw"] for row in by_component.values())
    images = batch
    return {
        "schema": 1,
        "network": network,
        "architecture": architecture,
        "scheme": "mixed_precision" if len(phases) > 1 else "inference",
        "phase": "training" if len(phases) > 1 else "inference",
        "batch": batch,
        "images": images,
        "node_nm": 40,
        "clock_mhz": clock_mhz,
        "cycles": cycles,
        "latency_s": seconds,
        "latency_per_image_s": seconds / images if timing else None,
        "tiles": tiles,
        "operations": len(layers) * len(phases),
        "tile_operations": sum(r["tile_operations"] for r in by_layer),
        "utilisation": 0.412,
        "area_mm2": chip["area_mm2"],
        "energy_j": chip["energy_j"],
        "energy_per_image_j": chip["energy_j"] / images,
        "power_uw": chip["power_uw"],
        "static_power_uw": static_power,
        "dynamic_power_uw": chip["power_uw"] - static_power if timing else None,
        "boundaries": boundaries,
        "by_component_off_chip": off_chip,
        "area_mm2_range": [0.52 * chip["area_mm2"], 2.3 * chip["area_mm2"]],
        "power_uw_range": [0.41 * chip["power_uw"], 3.1 * chip["power_uw"]] if timing else None,
        "by_component": by_component,
        "by_layer": by_layer,
        "by_phase": by_phase,
        "activity": "assumed",
        "figures": figures(),
        "version": "0.1.0",
        "seed": 0,
        "timing": timing,
        "interval_per_image_s": None,
        "inventory": inventory,
        "ledger": ledger,
        "resources": resources(cycles, tiles) if timing else [],
        "stalls": {
            "input": start // 20,
            "output": start // 70,
            "dependency": start // 9,
            "instruction": 120,
        }
        if timing
        else {},
        "timeline": timeline,
        "placement": placement,
        "roofline": {
            "peak_macs_per_s": 16384 / 2 * tiles / 72 * clock_mhz * 1e6,
            "buffer_bits_per_s": 256 * clock_mhz * 1e6,
            "off_chip_bits_per_s": 2.56e10,
            "points": points,
        }
        if timing
        else {},
        "notes": [
            "activity is assumed: input density 0.5, no measured activity was given",
            "weights are loaded before the run and not counted",
        ],
        "settings": {
            "clock_mhz": 100,
            "tile": {"rows": 128, "columns": 128, "adc_bits": 8, "columns_per_adc": 8},
            "buffer": {"capacity_kib": 64, "width_bits": 256},
            "notes": ["default chip"],
        },
    }
