"""A comparison of update schemes as rows to show. Reads the JSON form of `archsim compare` and
nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from archsim.report.comparison.rows import (
    banded_columns,
    row_of,
    seed_columns,
    short_name,
    value_or,
)
from archsim.report.drawing import format as fmt
from archsim.report.run.view import View, quote


class ComparisonView:
    """Lists ready for figures and tables. `document` is a checked compare.json; the schemes stand
    by falling accuracy.
    """

    def __init__(self, document: Mapping[str, Any]):
        self.document = document
        # By the mean over seeds, not by the accuracy of the seed whose silicon is shown.
        means = [row["accuracy_percent"] for row in document["rows"]]
        order = sorted(range(len(means)), key=lambda number: -value_or(means[number], -1.0))
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
            row = row_of(number, view)
            row |= seed_columns(seeds[row["label"]])
            row["held_back"] = "; ".join(self.document["guards"].get(row["label"], []))
            rows.append(row | banded_columns(row, bands))
        names = [short_name(row["label"]) for row in rows]
        return [
            # A short name that two schemes would share helps nobody: the whole label then.
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
                # By value too: results of two versions may have the figure at two values, and both
                # were used.
                key = (row["name"], row["value"], row["source"])
                # A scheme has a figure once however many of its parts rest on it.
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
            # Options name what all share; a label that names it itself would be given twice.
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
                if part["energy_j"] is not None
            },
            "area": lambda view: {c.role: c.area_mm2 for c in view.chip_components},
        }
        return [pick[kind](view) for view in self.views]
