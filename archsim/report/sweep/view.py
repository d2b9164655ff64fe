"""A sweep's document as rows to show. Reads the JSON form of `archsim explore` and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from archsim.report.drawing import format as fmt
from archsim.report.sweep.terminal import write_metric

_NAMES = {
    "area_mm2": "area",
    "energy_per_image_j": "energy an image",
    "energy_j": "energy",
    "power_uw": "power",
    "static_power_uw": "leakage",
    "dynamic_power_uw": "dynamic power",
    "latency_per_image_s": "latency an image",
    "latency_s": "latency",
    "interval_per_image_s": "interval between images",
    "accuracy_percent": "accuracy",
    "writes_per_device": "writes a device",
}


class SweepView:
    """Lists ready for figures and tables. `document` is what `Sweep.to_dict()` gives."""

    def __init__(self, document: Mapping):
        self.document = document
        self.objectives: list[dict] = document["objectives"]
        self.axes: list[dict] = document["axes"]
        self.points: list[dict] = document["points"]

    @property
    def title(self) -> str:
        return str(self.document["title"] or self.document["name"])

    @cached_property
    def front(self) -> list[dict]:
        """The rows on the front, by the first objective."""
        rows = {row["point"]: row for row in self.points}
        return [rows[index] for index in self.document["front"] if index in rows]

    @cached_property
    def on_front(self) -> set[int]:
        return set(self.document["front"])

    @cached_property
    def verdicts(self) -> dict[int, dict]:
        """Point -> its row of the uncertainty table."""
        return {row["point"]: row for row in self.document["uncertainty"]}

    def undecided(self, point: int) -> bool:
        """True where the figures leave open whether a design is on the front."""
        return self.verdicts.get(point, {}).get("verdict") == "undecided"

    def unit(self, path: str) -> str:
        """The unit of an objective."""
        return next((o["unit"] for o in self.objectives if o["path"] == path), "")

    def name(self, path: str) -> str:
        """An objective in words."""
        return _NAMES.get(path, path)

    def write(self, path: str, value: object, digits: int = 3) -> str:
        """A value of an objective with its unit."""
        return write_metric(value, self.unit(path), digits)

    def varying(self) -> list[dict]:
        """Axes that take more than one value among the points shown."""
        return [
            axis for axis in self.axes if len({str(row[axis["path"]]) for row in self.points}) > 1
        ]

    def design(self, row: Mapping) -> str:
        """A design in one line: its axes with short names."""
        return ", ".join(
            f"{self.short(axis['path'])} {fmt.plain(row[axis['path']])}" for axis in self.axes
        )

    @staticmethod
    def short(path: str) -> str:
        """The last part of a field's path, in words."""
        return path.rsplit(".", 1)[-1].replace("_", " ")
