"""The tables of `bitstream_sharing`: a design a row, its mean over the seeds, and what sharing and
pseudo-random numbers do to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean, stdev
from typing import Any

Row = Mapping[str, Any]
DESIGN = ("scheme", "source", "sharing", "resolution")
MEANS = (
    "writes_per_device",
    "area_mm2",
    "power_uw",
    "energy_nj",
    "us_an_image",
    "stream_area_mm2",
    "stream_power_uw",
    "stream_energy_nj",
)


def mean_rows(runs: Sequence[Row]) -> list[dict[str, Any]]:
    """Mean and standard deviation of the accuracy over seeds, its paired difference to independent
    bits (the first `ideal` design of the scheme) in the seeds that both have, and the mean silicon.
    """
    designs: dict[tuple[Any, ...], dict[int, Row]] = {}
    for run in runs:
        designs.setdefault(tuple(run[name] for name in DESIGN), {})[run["seed"]] = run
    references: dict[str, dict[int, Row]] = {}
    for design, seeds in designs.items():
        if design[1] == "ideal":
            references.setdefault(design[0], seeds)
    rows = []
    for design, seeds in designs.items():
        reference = references.get(design[0], {})
        accuracies = [run["accuracy_percent"] for run in seeds.values()]
        # By seed: both had the same first weights and order, so their common scatter falls out.
        paired = [
            run["accuracy_percent"] - reference[seed]["accuracy_percent"]
            for seed, run in seeds.items()
            if seed in reference
        ]
        rows.append(
            dict(zip(DESIGN, design))
            | {
                "seeds": len(seeds),
                "accuracy_percent": fmean(accuracies),
                "accuracy_deviation": _spread(accuracies),
                "difference": fmean(paired) if paired else None,
                "difference_deviation": _spread(paired),
            }
            | {name: fmean(run[name] for run in seeds.values()) for name in MEANS}
        )
    return rows


def _spread(values: Sequence[float]) -> float | None:
    return stdev(values) if len(values) > 1 else None


def sharing_page(rows: Sequence[Row]) -> str:
    """The rows as Markdown, a table a scheme."""
    lines = []
    for scheme in dict.fromkeys(row["scheme"] for row in rows):
        lines += [
            f"## {scheme}",
            "",
            "| source | sharing | bits | seeds | accuracy (%) | against independent bits (points) | "
            "pulses or writes a device | "
            "area of the bits (mm²) | power of the bits (µW) | energy of the bits (nJ an image) | "
            "whole chip (mm²) | whole chip (nJ an image) | time (µs an image) |",
            "|---|---|" + "---:|" * 11,
        ]
        lines += [_line(row) for row in rows if row["scheme"] == scheme]
        lines.append("")
    return "\n".join(lines)


def _line(row: Row) -> str:
    # independent bits have no hardware: no price of theirs is one of a machine
    ideal = row["source"] == "ideal"
    cells = [
        row["source"],
        row["sharing"],
        str(row["resolution"]),
        str(row["seeds"]),
        _with_spread(row["accuracy_percent"], row["accuracy_deviation"], ".2f"),
        _with_spread(row["difference"], row["difference_deviation"], "+.2f"),
        f"{row['writes_per_device']:.0f}",
        *(
            "" if ideal else f"{row[name]:.3g}"
            for name in ("stream_area_mm2", "stream_power_uw", "stream_energy_nj")
        ),
        *("" if ideal else f"{row[name]:.4g}" for name in ("area_mm2", "energy_nj", "us_an_image")),
    ]
    return "| " + " | ".join(cells) + " |"


def _with_spread(mean: float | None, deviation: float | None, form: str) -> str:
    if mean is None:
        return ""
    # no minus before a zero
    return f"{round(mean, 2) + 0.0:{form}}" + ("" if deviation is None else f" ± {deviation:.2f}")
