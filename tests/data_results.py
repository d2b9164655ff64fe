"""Results in the JSON form of `archsim run`, made by arithmetic: any size, closed sums, no
simulator. For tests of what is shown.
"""

from __future__ import annotations

import math

# component: part, parameters, boundary, area of one (um2), leakage of one (uW), energy of one
# action (J), action
_PARTS = {
    "array": ("cell_1t1r", {"line_pitch_nm": 0}, "macro", 0.55, 0.0, 4e-16, "read"),
    "word_line_driver": (
        "word_line_driver",
        {"cells": 128, "voltage_v": 0.2},
        "macro",
        4.1,
        0.002,
        2.1e-14,
        "drive",
    ),
    "dac": ("pulse_width_driver", {"bits": 8}, "macro", 9.6, 0.01, 4.4e-14, "convert"),
    "front_end": ("integrator", {"slot_ns": 1}, "macro", 62.0, 0.2, 1.1e-13, "sample"),
    "column_mux": ("column_mux", {"inputs": 8}, "macro", 3.2, 0.001, 5e-15, "select"),
    "adc": ("adc_sar", {"bits": 8, "rate_msps": 100}, "macro", 1500.0, 1.6, 3.64e-12, "convert"),
    "shift_add": ("shift_add", {"bits": 24}, "macro", 88.0, 0.05, 6.5e-14, "add"),
    "output_register": ("register", {"bits": 2048}, "macro", 9100.0, 3.1, 9e-13, "write"),
    "write_driver": ("write_driver", {"voltage_v": 2.5}, "macro", 14.0, 0.02, 8e-13, "pulse"),
    "tile_control": (
        "tile_control",
        {"rows": 128, "columns": 128, "groups": 8},
        "macro",
        740.0,
        0.9,
        3e-13,
        "cycle",
    ),
    "buffer": (
        "sram",
        {"capacity_kib": 64, "width_bits": 256, "ports": 1},
        "chip",
        152000.0,
        64.0,
        9.2e-12,
        "read",
    ),
    "interconnect": (
        "wire_bus",
        {"length_mm": 2.5, "width_bits": 256},
        "chip",
        7400.0,
        1.2,
        4.1e-13,
        "transfer",
    ),
    "vector_unit": ("vector_lane", {"format": "int16"}, "chip", 1900.0, 1.4, 4.7e-13, "add"),
    "controller": ("riscv_core", {"variant": "small"}, "chip", 24000.0, 11.0, 3.2e-12, "cycle"),
    "clock_tree": ("clock_tree", {"area_mm2": 0.6}, "chip", 9100.0, 5.0, 6e-12, "cycle"),
    "off_chip_memory": ("dram_lpddr4", {}, "system", 0.0, 0.0, 4e-12, "read"),
}
_SHARES = {
    "array": 16384,
    "word_line_driver": 128,
    "dac": 128,
    "front_end": 16,
    "column_mux": 16,
    "adc": 16,
    "shift_add": 16,
    "output_register": 1,
    "write_driver": 128,
    "tile_control": 1,
}
_PER_TILE_OPERATION = {
    "array": 16384,
    "word_line_driver": 128,
    "dac": 128,
    "front_end": 128,
    "column_mux": 128,
    "adc": 128,
    "shift_add": 128,
    "output_register": 1,
    "tile_control": 72,
    "buffer": 5,
    "interconnect": 1024,
    "vector_unit": 128,
    "controller": 12,
    "clock_tree": 30,
}

LENET = (("conv1", 25, 4, 576), ("conv2", 100, 12, 64), ("fc", 192, 10, 1))


def long_network(count: int) -> tuple[tuple[str, int, int, int], ...]:
    """A residual network's shape: (name, rows, columns, vectors) for `count` layers, deeper is
    wider and smaller.
    """
    layers = []
    for index in range(count):
        stage = min(3, 4 * index // count)
        channels, side = 64 << stage, 56 >> stage
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
    tiles, start = 0, 0
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
            "count": _SHARES.get(c, 1) * (tiles if c in _SHARES else 1),
            "boundary": b,
            "area_mm2": a * 1e-6 * _SHARES.get(c, 1) * (tiles if c in _SHARES else 1),
            "static_power_uw": (w if static else 0.0)
            * _SHARES.get(c, 1)
            * (tiles if c in _SHARES else 1),
        }
        for c, (p, v, b, a, w, _, _) in _PARTS.items()
    ]
    energy = dict.fromkeys(_PARTS, 0.0)
    for phase in phases:
        for (name, rows, columns, vectors), placed in zip(layers, placement):
            operations = vectors * batch * placed["tile_count"]
            row_energy = 0.0
            for component, each in _PER_TILE_OPERATION.items():
                count = (
                    each * operations * (0.3 if phase == "update" and component == "adc" else 1.0)
                )
                ledger.append(
                    {
                        "component": component,
                        "action": _PARTS[component][6],
                        "layer": name,
                        "phase": phase,
                        "count": count,
                    }
                )
                energy[component] += count * _PARTS[component][5]
                row_energy += count * _PARTS[component][5]
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
                energy["write_driver"] += count * _PARTS["write_driver"][5]
                row_energy += count * _PARTS["write_driver"][5]
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
        "figures": _figures(),
        "version": "0.1.0",
        "seed": 0,
        "timing": timing,
        "interval_per_image_s": None,
        "inventory": inventory,
        "ledger": ledger,
        "resources": _resources(cycles, tiles) if timing else [],
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


def _resources(cycles: int, tiles: int) -> list[dict]:
    rows = []
    names = [(f"tile {i}", "tile") for i in range(min(tiles, 40))]
    names += [
        ("bus", "bus"),
        ("buffer", "buffer"),
        ("vector unit", "vector_unit"),
        ("controller", "controller"),
    ]
    for position, (name, kind) in enumerate(names):
        busy = int(cycles * (0.75 if kind == "tile" else 0.22) / (1 + position / 6))
        causes = {
            "input": cycles // 30,
            "output": cycles // 80,
            "dependency": cycles // (12 + position),
            "instruction": cycles // 400,
        }
        stalled = sum(causes.values())
        rows.append(
            {
                "name": name,
                "kind": kind,
                "busy_cycles": busy,
                "stalled_cycles": stalled,
                "idle_cycles": cycles - busy - stalled,
                "total_cycles": cycles,
                "stalls": causes,
                "requests": 700 + position,
                "queue_mean": 0.3 * position,
                "queue_max": position,
            }
        )
    return rows


def _figures() -> list[dict]:
    def row(name, value, unit, low, high, kind, source, title, where, node_nm=None):
        return {
            "name": name,
            "value": value,
            "unit": unit,
            "low": low,
            "high": high,
            "kind": kind,
            "source": source,
            "title": title,
            "place": where,
            "node_nm": node_nm,
            "note": "",
        }

    survey = "ADC performance survey 1997-2025"
    return [
        row(
            "adc_sar.energy_8bit",
            3.64,
            "pJ",
            1.2,
            12.0,
            "measured",
            "murmann2025",
            survey,
            "VLSI 2018 9.4",
            40,
        ),
        row(
            "adc_sar.area_8bit",
            1500,
            "um2",
            900,
            3100,
            "measured",
            "murmann2025",
            survey,
            "VLSI 2018 9.4",
            40,
        ),
        row(
            "sram.energy_per_bit",
            0.036,
            "pJ/bit",
            0.02,
            0.06,
            "simulated",
            "cacti2009",
            "CACTI 6.0",
            "Table 3",
            45,
        ),
        row(
            "cell_1t1r.area",
            0.55,
            "um2",
            0.4,
            0.8,
            "scaled",
            "chou2018",
            "An N40 256K×44 embedded RRAM macro",
            "Fig. 6",
            40,
        ),
        row(
            "write_driver.energy",
            0.8,
            "pJ",
            0.2,
            2.0,
            "assumed",
            "assumption",
            "Own assumption",
            "-",
        ),
        row(
            "layout.utilisation",
            0.7,
            "1",
            0.6,
            0.85,
            "assumed",
            "assumption",
            "Own assumption",
            "-",
        ),
    ]
