"""What decides one number of a result: the figures that move it most, and what a better source of
each would gain.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from archsim.cost.component_cost import SHARED
from archsim.cost.component_trails import EVERY_ROW, LedgerRows
from archsim.cost.deciding import AREA, LEAKAGE, Decided, Move, PriceOf, Times, decided
from archsim.cost.estimate import Estimate
from archsim.cost.explain import Explained, is_paid_once, paid_once, rows_of
from archsim.cost.figures_used import figure_row
from archsim.cost.paths import Document, named_tree, resolve
from archsim.cost.total_trails import INSIDE, OFF_CHIP, TOTALS
from hwlib.errors import InputError

MOST = 5
"""Figures that are named."""


class Deciding(NamedTuple):
    """A figure that moves a number.

    Args:
        figure: its row: name, value as printed, unit, kind, source, place.
        at_low: change of the number with the figure at its low, as a share of it.
        at_high: the same at its high.
        gain: how much narrower the number would be known with this figure exact, as a share of it.
    """

    figure: dict[str, object]
    at_low: float
    at_high: float
    gain: float


class Why(NamedTuple):
    """What decides a number: the figures that move it most first, how far all figures move it
    together and how far the assumed ones do, as shares of it.
    """

    path: str
    figures: tuple[Deciding, ...]
    moved_by_all: float
    moved_by_assumed: float

    def to_dict(self) -> dict[str, object]:
        """As JSON."""
        rows = [
            item.figure | {k: v for k, v in item._asdict().items() if k != "figure"}
            for item in self.figures
        ]
        return {
            "path": self.path,
            "moved_by_all": self.moved_by_all,
            "moved_by_assumed": self.moved_by_assumed,
            "figures": rows,
        }


def why(result: Explained, path: str) -> Why:
    """What decides a number of a result.

    Args:
        result: a `Result`.
        path: the number, as `explain` takes it.

    Returns:
        the figures that move it most.

    Raises:
        InputError: for a path that is no number, and for one that no price enters.
    """
    document = result.document
    estimate = result.estimate()
    keys = resolve(named_tree(document), path)
    if is_paid_once(keys):
        document, estimate = paid_once(result)
    times = times_of(document, estimate, keys)
    number = decided(times, estimate)
    # All kinds that there are, hence all figures.
    together = number.share({move.figure.kind for move in number.moves})
    return Why(
        ".".join(keys),
        tuple(_deciding(move, number, together) for move in number.moves[:MOST]),
        together,
        number.share({"assumed"}),
    )


def _deciding(move: Move, number: Decided, together: float) -> Deciding:
    # A number of zero is moved by nothing; any divisor gives the zeros.
    value = number.value or 1.0
    alone = move.largest / value
    # Moves of independent figures add as squares, so one that becomes exact leaves the root of the
    # others. Rounding may take the difference a hair below zero.
    rest = math.sqrt(max(0.0, together**2 - alone**2))
    row = figure_row(move.figure)
    return Deciding(row, move.at_low / value, move.at_high / value, together - rest)


def times_of(document: Document, estimate: Estimate, keys: list[str]) -> Times:
    """How often a number of a result holds each unit price.

    Raises:
        InputError: where it is counted or given, or known to nobody.
    """
    head = keys[0]
    metric = keys[-1].removesuffix("_range")
    sums = _Sums(document, estimate)
    if head.removesuffix("_range") in TOTALS and len(keys) == 1:
        return sums.of(metric, INSIDE["chip"])
    if head == "boundaries" and keys[1] == "die":
        raise InputError(
            "a die is more than a sum of unit prices",
            where="path",
            got=".".join(keys),
            allowed="the boundaries macro, chip and system",
            hint="without --why, its trail has the figures of its shares",
        )
    if head == "boundaries":
        return sums.of(metric, INSIDE[keys[1]])
    if head in ("by_component", "by_component_off_chip") and metric in _METRICS:
        # A component is asked by its name, on whichever side of the chip's boundary it lies.
        return sums.of(metric, tuple(INSIDE["system"]), keys[1])
    if is_paid_once(keys):
        return sums.of("energy_j", OFF_CHIP if metric.startswith("off_chip") else INSIDE["chip"])
    if metric.endswith("energy_j") and head in ("by_layer", "by_phase"):
        within = OFF_CHIP if metric.startswith("off_chip") else INSIDE["chip"]
        rows = rows_of(head, keys)
        times = sums.dynamic(within, rows)
        return times | sums.static(within) if rows.take_static else times
    raise InputError(
        "no sum of prices makes this number, so no figure of a part decides it",
        where="path",
        got=".".join(keys),
        allowed="areas, energies and powers of the chip, its components, layers, phases and set-up",
    )


_METRICS = ("area_mm2", "energy_j", "dynamic_energy_j", "static_energy_j", "static_power_uw")


class _Sums:
    """Numbers of a result as sums of unit prices."""

    def __init__(self, document: Document, estimate: Estimate):
        self.document = document
        self.estimate = estimate

    def of(self, metric: str, boundaries: tuple[str, ...], only: str | None = None) -> Times:
        """One of the totals, or of the metrics of a component."""
        seconds = self.estimate.seconds
        if metric == "area_mm2":
            return self._each(AREA, boundaries, only, 1e-6)
        if metric == "static_power_uw":
            return self._each(LEAKAGE, boundaries, only, 1e6)
        static = self.static(boundaries, only)
        dynamic = self.dynamic(boundaries, EVERY_ROW, only)
        if metric in ("static_energy_j", "dynamic_energy_j"):
            return static if metric == "static_energy_j" else dynamic
        if metric == "energy_j":
            return dynamic | static
        if metric == "energy_per_image_j":
            # `|` joins, it does not overwrite: the one holds prices of actions, the other those of
            # leakage.
            return _scaled(dynamic | static, 1 / self.estimate.images)
        if not seconds:
            raise InputError("a run without time has no power", where="path", got=metric)
        spent = dynamic if metric == "dynamic_power_uw" else dynamic | static
        return _scaled(spent, 1e6 / seconds)

    def static(self, boundaries: tuple[str, ...], only: str | None = None) -> dict[PriceOf, float]:
        return self._each(LEAKAGE, boundaries, only, self.estimate.seconds or 0.0)

    def dynamic(
        self, boundaries: tuple[str, ...], rows: LedgerRows, only: str | None = None
    ) -> dict[PriceOf, float]:
        """Actions of some rows of the ledger."""
        names = {name for name, _ in self._components(boundaries, only)}
        times: dict[PriceOf, float] = {}
        for row in self.document["ledger"]:
            taken = rows.take(row["layer"] or SHARED, row["phase"] or SHARED)
            if taken and row["component"] in names:
                price = PriceOf(row["component"], row["action"])
                times[price] = times.get(price, 0.0) + row["count"]
        return times

    def _each(
        self, what: str, boundaries: tuple[str, ...], only: str | None, factor: float
    ) -> dict[PriceOf, float]:
        return {
            PriceOf(name, what): count * factor
            for name, count in self._components(boundaries, only)
        }

    def _components(
        self, boundaries: tuple[str, ...], only: str | None
    ) -> Iterator[tuple[str, int]]:
        for cost in self.estimate.components:
            component = cost.component
            if component.boundary in boundaries and only in (None, component.name):
                yield component.name, component.count


def _scaled(times: Times, factor: float) -> Times:
    return {price: count * factor for price, count in times.items()}
