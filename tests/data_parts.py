"""The chip of results that are made by arithmetic: its parts, its figures, its resources."""

from __future__ import annotations

# component: part, parameters, boundary, area of one (um2), leakage of one (uW), energy of one
# action (J), action
PARTS = {
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
SHARES = {
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
PER_TILE_OPERATION = {
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


def resources(cycles: int, tiles: int) -> list[dict]:
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


def figures() -> list[dict]:
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
