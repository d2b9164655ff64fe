"""A result as rows to show: components, layers, phases, resources. Reads the JSON form of `archsim
run` and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from archsim.report.drawing.format import is_number
from archsim.report.run.rows import ComponentRow, LayerRow

SHARED = "shared"
STALL_CAUSES = ("input", "output", "dependency", "instruction")
FIGURE_KINDS = ("measured", "simulated", "stated", "scaled", "assumed")
_PHASE_ORDER = ("forward", "backward", "update")


class View:
    """Lists ready for tables and figures. `result` is a mapping in the JSON form, or an object with
    `to_dict()`.
    """

    def __init__(self, result: Mapping):
        self.result = result if isinstance(result, Mapping) else result.to_dict()

    def number(self, key: str) -> float | None:
        """A top-level number, None where it is missing or not finite."""
        value = self.result.get(key)
        return value if is_number(value) else None

    def text(self, key: str) -> str:
        value = self.result.get(key)
        return "" if value is None else str(value)

    def rows(self, key: str) -> list[dict]:
        """A top-level list, empty where it is missing."""
        return list(self.result.get(key) or ())

    @property
    def notes(self) -> list[str]:
        """What the reader of the result should know."""
        return list(self.result.get("notes") or ())

    @property
    def roofline(self) -> Mapping:
        """Ceilings and points, empty where nothing was timed."""
        return self.result.get("roofline") or {}

    @property
    def roofline_points(self) -> list[Mapping]:
        """The points as they stand in the file, which checks none of them."""
        points = self.roofline.get("points")
        return (
            [row for row in points if isinstance(row, Mapping)]
            if isinstance(points, list | tuple)
            else []
        )

    @property
    def bound(self) -> str:
        """What the busiest resource says of the time, empty where nothing was timed."""
        limit = self.result.get("limited_by")
        if not limit or not self.timed:
            return ""
        return (
            f"{limit['resource']}: at least {limit['at_least_cycles']:,} of "
            f"{self.number('cycles'):,} cycles"
        )

    @property
    def title(self) -> str:
        return f"{self.text('network')} on {self.text('architecture')}"

    @property
    def timed(self) -> bool:
        return self.number("cycles") is not None

    @cached_property
    def components(self) -> list[ComponentRow]:
        """Components of the chip boundary, largest area first; what lies beyond (off-chip memory)
        last.
        """
        placed = {item.get("component"): item for item in self.rows("inventory")}
        rows = []
        components = {
            **(self.result.get("by_component") or {}),
            **(self.result.get("by_component_off_chip") or {}),
        }
        for role, entry in components.items():
            item = placed.get(role, {})
            # Off-chip memory lies outside of the chip also where the inventory does not list it.
            boundary = item.get("boundary", "system" if role == "off_chip_memory" else "chip")
            energy = entry["energy_j"]
            static = entry.get("static_energy_j") or 0.0
            rows.append(
                ComponentRow(
                    role,
                    entry["area_mm2"],
                    energy,
                    static,
                    entry["static_power_uw"],
                    entry.get("busy_fraction"),
                    item.get("count"),
                    boundary,
                    item.get("part", ""),
                )
            )
        return sorted(
            rows, key=lambda row: (row.boundary == "system", -row.area_mm2, -row.energy_j, row.role)
        )

    @property
    def chip_components(self) -> list[ComponentRow]:
        return [row for row in self.components if row.boundary != "system"]

    @cached_property
    def phases(self) -> list[str]:
        """Phases of the run in order, `shared` last where it holds anything."""
        names = list(dict.fromkeys(row.get("phase", "") for row in self.rows("by_layer")))
        known = [name for name in _PHASE_ORDER if name in names]
        rest = [name for name in names if name not in _PHASE_ORDER and name != SHARED]
        return known + rest + ([SHARED] if SHARED in names else [])

    @cached_property
    def layers(self) -> list[LayerRow]:
        """Layers in network order with their phases side by side; `shared` last."""
        grouped: dict[str, list[dict]] = {}
        for row in self.rows("by_layer"):
            grouped.setdefault(str(row.get("layer", "")), []).append(row)
        rows = []
        for name, entries in grouped.items():
            energy: dict[str, float] = {}
            cycles: dict[str, int] = {}
            for entry in entries:
                phase = entry.get("phase", "")
                if is_number(entry.get("energy_j")):  # a reference run has no price
                    energy[phase] = energy.get(phase, 0.0) + entry["energy_j"]
                if is_number(entry.get("cycles")):
                    cycles[phase] = cycles.get(phase, 0) + entry["cycles"]
            stalls = sum(entry.get("stall_cycles") or 0 for entry in entries)
            rows.append(
                LayerRow(
                    name,
                    energy,
                    cycles,
                    stalls,
                    sum(entry.get("tile_operations") or 0 for entry in entries),
                )
            )
        # Stable, so that the layers keep the order of the network.
        return sorted(rows, key=lambda row: row.layer == SHARED)

    @cached_property
    def stalls(self) -> dict[str, int]:
        """Stall cycles by cause, the four known causes first."""
        stalls = self.result.get("stalls") or {}
        return (
            {
                cause: stalls.get(cause, 0)
                for cause in (*STALL_CAUSES, *(c for c in stalls if c not in STALL_CAUSES))
            }
            if stalls
            else {}
        )

    @cached_property
    def kinds(self) -> dict[str, int]:
        """How many of the used figures are of each kind."""
        figures = self.rows("figures")
        return (
            {kind: sum(row.get("kind") == kind for row in figures) for kind in FIGURE_KINDS}
            if figures
            else {}
        )

    @property
    def command(self) -> str:
        """The command that makes this result again: as recorded, else put together from the
        result's own fields.
        """
        if self.result.get("command"):
            return str(self.result["command"])
        words = ["archsim", "run", self.text("network"), "--arch", self.text("architecture")]
        options = {
            "scheme": "scheme",
            "phase": "phase",
            "batch": "batch",
            "images": "images",
            "node": "node_nm",
            "seed": "seed",
        }
        for option, key in options.items():
            if self.result.get(key) not in (None, ""):
                words += [
                    f"--{option}",
                    f"{self.result[key]:g}"
                    if isinstance(self.result[key], float)
                    else str(self.result[key]),
                ]
        return " ".join(quote(word) for word in words) + ("" if self.timed else " --no-timing")


def quote(word: str) -> str:
    """A word of a command line, quoted where a shell would take it apart."""
    safe = word and all(c.isalnum() or c in "._-/:+=@%," for c in word)
    return word if safe else "'" + word.replace("'", "'\\''") + "'"
