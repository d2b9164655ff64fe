"""A comparison of update schemes as rows to show. Reads the JSON form of `archsim compare` and
nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from archsim.comparison.document import most_writes, off_chip
from archsim.report.drawing import format as fmt
from archsim.report.run.view import View, quote

_BANDED = (
    ("area_mm2", "chip", "area_low_mm2", "area_high_mm2"),
    ("energy_per_image_j", "chip", "energy_low_per_image_j", "energy_high_per_image_j"),
    ("area_mm2", "system", "system_area_low_mm2", "system_area_high_mm2"),
    ("energy_per_image_j", "system", "system_energy_low_j", "system_energy_high_j"),
)
"""Quantity and boundary of a band, and the columns that it fills."""


class ComparisonView:
    """Lists ready for figures and tables. `document` is a checked compare.json; the schemes stand
    by falling accuracy.
    """

    def __init__(self, document: Mapping[str, Any]):
        self.document = document
        means = [row["accuracy_percent"] for row in document["rows"]]
        order = sorted(range(len(means)), key=lambda number: -_or(means[number], -1.0))
        ranked = [document["schemes"][number] for number in order]
        self.views = [View(entry) for entry in ranked]
        self.refused: dict[str, str] = dict(document["refused"])

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """One row a scheme, numbered from 1; the keys are the columns of schemes.csv, and `name`,
        the label in few words.
        """
        seeds = {row["label"]: row for row in self.document["rows"]}
        bands = {
            (band["label"], band["quantity"], band["boundary"]): band
            for band in self.document["bands"]
        }
        rows = []
        for number, view in enumerate(self.views, 1):
            row = _row(number, view)
            row |= _seed_facts(seeds[row["label"]])
            row["held_back"] = "; ".join(self.document["guards"].get(row["label"], []))
            rows.append(row | _banded(row, bands))
        names = [short_name(row["label"]) for row in rows]
        return [
            row | {"name": name if names.count(name) == 1 else row["label"]}
            for row, name in zip(rows, names)
        ]

    def common(self, key: str) -> list[str]:
        """The different values of a top-level field as texts; one where all schemes agree."""
        return list(dict.fromkeys(fmt.plain(view.result.get(key)) for view in self.views))

    @property
    def title(self) -> str:
        return f"{', '.join(self.common('network'))} on {', '.join(self.common('architecture'))}"

    @cached_property
    def notes(self) -> list[str]:
        """The notes that every scheme has."""
        first, *others = [view.notes for view in self.views]
        return [note for note in first if all(note in other for other in others)]

    def own_notes(self, number: int) -> list[str]:
        """The notes of one scheme beside the common ones."""
        return [note for note in self.views[number - 1].notes if note not in self.notes]

    @cached_property
    def figures(self) -> list[dict[str, Any]]:
        """The figures of all schemes, each once, with the number of schemes that rest on it as
        `schemes`.
        """
        used: dict[tuple[Any, ...], dict[str, Any]] = {}
        for view in self.views:
            for row in view.rows("figures"):
                key = (row["name"], row["value"], row["source"])
                used[key] = {**row, "schemes": used.get(key, {"schemes": 0})["schemes"] + 1}
        return sorted(used.values(), key=lambda row: row["name"])

    @property
    def command(self) -> str:
        """The command that makes this comparison again: as recorded, else put together from what
        the results say.

        A rate or a mini-batch that all schemes share is named; where they differ, labels name them
        or the schemes suggest them.
        """
        if isinstance(self.document.get("command"), str):
            return str(self.document["command"])
        first = {
            key: self.common(key)[0]
            for key in ("network", "dataset", "architecture", "node_nm", "seed")
        }
        labels = ",".join(row["label"] for row in self.rows)
        words = [
            "archsim",
            "compare",
            first["network"],
            "--schemes",
            labels,
            "--data",
            first["dataset"],
            "--arch",
            first["architecture"],
            "--node",
            first["node_nm"],
            "--epochs",
            str(max(row["epochs"] for row in self.rows)),
            "--seed",
            first["seed"],
        ]
        for option, key in (("--rate", "learning_rate"), ("--batch", "batch")):
            (value, *others) = {row[key] for row in self.rows}
            if not others and fmt.is_number(value) and f"training.{key}=" not in labels:
                words += [option, fmt.plain(value)]
        return " ".join(map(quote, words))

    def front(self, key: str) -> set[int]:
        """Numbers of the schemes that no other scheme beats in both the test error and `key`, less
        being better. What a guard holds back is on no front and beats nobody.
        """
        known = [
            row
            for row in self.rows
            if row["test_error_percent"] is not None
            and row[key] is not None
            and not row["held_back"]
        ]

        def beaten(row: dict) -> bool:
            mine = (row["test_error_percent"], row[key])
            return any(
                other is not row and all(a <= b for a, b in zip(theirs, mine)) and theirs != mine
                for other in known
                if (theirs := (other["test_error_percent"], other[key]))
            )

        return {row["number"] for row in known if not beaten(row)}

    def parts(self, kind: str) -> list[dict[str, float]]:
        """By scheme: energy an image in J by "component" or "phase", or "area" in mm2 by component,
        inside the chip.
        """
        pick: dict[str, Callable[[View], dict[str, float]]] = {
            "component": lambda view: {
                c.role: c.energy_j / view.result["images"] for c in view.chip_components
            },
            "phase": lambda view: {
                name: part["energy_j"] / view.result["images"]
                for name, part in view.result["by_phase"].items()
            },
            "area": lambda view: {c.role: c.area_mm2 for c in view.chip_components},
        }
        return [pick[kind](view) for view in self.views]


def short_name(label: str) -> str:
    """A label in few words: `tiki_taka:version=agad:training.batch=8` becomes `tiki_taka agad,
    batch 8`.
    """
    scheme, *pieces = label.split(":")
    told = []
    for piece in pieces:
        path, _, value = piece.partition("=")
        field = path.rsplit(".", 1)[-1].replace("_", " ")
        told.append(
            value
            if value[:1].isalpha() and value not in ("true", "false")
            else f"{field} {value}".strip()
        )
    return f"{scheme} {', '.join(told)}".strip()


def _seed_facts(entry: Mapping[str, Any]) -> dict[str, Any]:
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


def _banded(row: Mapping[str, Any], bands: Mapping[tuple[str, str, str], Any]) -> dict[str, Any]:
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


def _or(value: object, other: float) -> float:
    return value if fmt.is_number(value) else other


def _row(number: int, view: View) -> dict:
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
        "area_low_mm2": result["area_mm2_range"][0],
        "area_high_mm2": result["area_mm2_range"][1],
        "system_area_mm2": system["area_mm2"],
        "system_area_low_mm2": None,
        "system_area_high_mm2": None,
        "system_energy_per_image_j": system["energy_j"] / images,
        "system_energy_low_j": None,
        "system_energy_high_j": None,
        "off_chip": off_chip(result),
        "power_uw": view.number("power_uw"),
        "energy_per_image_j": view.number("energy_per_image_j"),
        "energy_low_per_image_j": low,
        "energy_high_per_image_j": high,
        "update_energy_per_image_j": result["by_phase"].get("update", {}).get("energy_j", 0.0)
        / images,
        "latency_per_image_s": seconds,
        "writes_per_device": view.number("writes_per_device"),
        "most_writes_per_device": most_writes(result),
        "extra_memory_kib": None if memory is None else memory / 8192,
        "tiles": view.number("tiles"),
        "images_per_second": view.number("images_per_second"),
    }
