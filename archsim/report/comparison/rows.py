"""Rows of a comparison's page: a scheme with its seeds, bands and short name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from archsim.comparison.scheme_row import an_image, most_writes, off_chip
from archsim.report.drawing import format as fmt
from archsim.report.run.view import View

_BANDED = (
    ("area_mm2", "chip", "area_low_mm2", "area_high_mm2"),
    ("energy_per_image_j", "chip", "energy_low_per_image_j", "energy_high_per_image_j"),
    ("area_mm2", "system", "system_area_low_mm2", "system_area_high_mm2"),
    ("energy_per_image_j", "system", "system_energy_low_j", "system_energy_high_j"),
)
"""Quantity and boundary of a band, and the columns that it fills."""


def short_name(label: str) -> str:
    """A label in few words: `tiki_taka:version=agad:training.batch=8` becomes `tiki_taka agad,
    batch 8`.
    """
    # A label is a scheme and its settings as the command takes them, `scheme:field=value:...`.
    scheme, *pieces = label.split(":")
    told = []
    for piece in pieces:
        path, _, value = piece.partition("=")
        field = path.rsplit(".", 1)[-1].replace("_", " ")
        told.append(
            value
            # A word says what it is by itself, a number and a switch need their field.
            if value[:1].isalpha() and value not in ("true", "false")
            else f"{field} {value}".strip()
        )
    return f"{scheme} {', '.join(told)}".strip()


def seed_columns(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Accuracy over the seeds of a scheme, where it has several."""
    accuracy = entry["accuracy_percent"]
    spread = entry["accuracy_std"]
    tuning = entry["tuning"]
    seeds = len(entry["seeds"])
    return {
        "accuracy_spread": "" if spread is None else f"± {spread:.2f} over {seeds} seeds",
        "trials": len(tuning["trials"]) if tuning else 0,
        "chosen": "" if tuning is None else json.dumps(tuning["chosen"]),
        "accuracy_percent": accuracy,
        "accuracy_std": entry["accuracy_std"],
        "seeds": seeds,
        "device": entry["device"],
        "test_error_percent": None if accuracy is None else 100.0 - accuracy,
    }


def banded_columns(
    row: Mapping[str, Any], bands: Mapping[tuple[str, str, str], Any]
) -> dict[str, Any]:
    """Low and high of a row's prices as 5 and 95 % of the draws; as bounds where nothing was
    drawn.
    """
    ranges: dict[str, Any] = {}
    for quantity, boundary, low, high in _BANDED:
        band = bands.get((row["label"], quantity, boundary))
        ranges |= {low: row[low], high: row[high]} if band is None else {}
        if band is not None:
            ranges |= {low: band["low"], high: band["high"]}
    return ranges | {"drawn": bool(bands)}


def value_or(value: object, other: float) -> float:
    return value if fmt.is_number(value) else other


def row_of(number: int, view: View) -> dict:
    result = view.result
    images = result["images"]
    settings = result["training"]["settings"]
    seconds = view.number("latency_per_image_s")
    power = result.get("power_uw_range")
    # time does not depend on prices, so the energy spreads as the power does
    low, high = (
        (None, None)
        if power is None or seconds is None
        else (end * 1e-6 * seconds for end in power)
    )
    accuracy = view.number("accuracy_percent")
    memory = view.number("extra_memory_bits")
    system = result["boundaries"]["system"]
    area = result["area_mm2_range"] or (None, None)  # a reference run has no price
    return {
        "number": number,
        "label": view.text("label") or view.text("scheme"),
        "scheme": view.text("scheme"),
        "title": view.text("scheme_title"),
        "device": view.text("device"),
        "batch": view.number("batch"),
        "learning_rate": settings.get("learning_rate"),
        "epochs": len(view.rows("epochs")),
        "accuracy_percent": accuracy,
        "test_error_percent": None if accuracy is None else 100.0 - accuracy,
        "area_mm2": view.number("area_mm2"),
        "area_low_mm2": area[0],
        "area_high_mm2": area[1],
        "system_area_mm2": system["area_mm2"],
        "system_area_low_mm2": None,
        "system_area_high_mm2": None,
        "system_energy_per_image_j": an_image(system["energy_j"], images),
        "system_energy_low_j": None,
        "system_energy_high_j": None,
        "off_chip": off_chip(result),
        "power_uw": view.number("power_uw"),
        "energy_per_image_j": view.number("energy_per_image_j"),
        "energy_low_per_image_j": low,
        "energy_high_per_image_j": high,
        "update_energy_per_image_j": an_image(
            result["by_phase"].get("update", {}).get("energy_j", 0.0), images
        ),
        "latency_per_image_s": seconds,
        "writes_per_device": view.number("writes_per_device"),
        "most_writes_per_device": most_writes(result),
        "extra_memory_kib": None if memory is None else memory / 8192,
        "tiles": view.number("tiles"),
        "images_per_second": view.number("images_per_second"),
    }
