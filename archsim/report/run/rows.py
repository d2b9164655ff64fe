"""Rows of a run's page: a component, a layer with its phases."""

from __future__ import annotations

from dataclasses import dataclass

from archsim.report.drawing.palette import label


@dataclass(frozen=True, slots=True)
class ComponentRow:
    """One component role: area in mm2, energies in J, leakage in uW, busy fraction or None,
    instances, boundary.
    """

    role: str
    area_mm2: float
    energy_j: float
    static_energy_j: float
    static_power_uw: float
    busy_fraction: float | None
    count: int | None
    boundary: str
    part: str

    @property
    def label(self) -> str:
        return label(self.role)

    @property
    def dynamic_energy_j(self) -> float:
        return max(0.0, self.energy_j - self.static_energy_j)


@dataclass(frozen=True, slots=True)
class LayerRow:
    """One layer over all phases: energy in J and cycles by phase; cycles are empty where nothing
    was timed.
    """

    layer: str
    energy_j: dict[str, float]
    cycles: dict[str, int]
    stall_cycles: int
    tile_operations: int

    @property
    def total_energy_j(self) -> float:
        return sum(self.energy_j.values())

    @property
    def total_cycles(self) -> int:
        return sum(self.cycles.values())
