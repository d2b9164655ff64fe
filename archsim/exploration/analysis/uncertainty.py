"""What the spread of the figures does to a front: every figure is drawn once a sample and all
designs are priced with it.

A figure's value is its median; below it half of the draws spread evenly (in the logarithm) down to
its low, above it half up to its high. That is our choice: sources give a low and a high, not a
distribution. Between figures the draws are independent.
Where an analogue part is scaled to another node its price lies between "kept" and "follows logic";
one more draw chooses the place for all of them. Cycles do not depend on figures, and neither do,
here, lengths of wires and clocked areas.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from archsim.exploration.analysis.pareto import pareto_front
from archsim.exploration.work.metrics import OTHER, PRICED, TIMED, TRAINED
from archsim.exploration.work.pricing import breakdown

DECIDED = 0.95
_PERCENTILES = (5.0, 50.0, 95.0)
_DRAWN = (
    "area_mm2",
    "energy_per_image_j",
    "energy_j",
    "static_power_uw",
    "power_uw",
    "dynamic_power_uw",
)


@dataclass(frozen=True, slots=True)
class Counted:
    """One design, counted: what is on the chip (part, parameters, number), what it did, and for how
    long (None: not timed).
    """

    parts: tuple[tuple[str, tuple, int], ...]
    actions: tuple[tuple[int, str, float], ...]
    node_nm: float
    seconds: float | None
    images: int


def count_design(design: Mapping[str, Any], run: Mapping[str, Any] | None) -> Counted:
    """The counts of a design inside the chip boundary: of its stored run, or from its plans where
    nothing was timed.
    """
    estimate = breakdown(design, run)
    inside = [cost.component for cost in estimate.within("chip")]
    number_of = {item.name: number for number, item in enumerate(inside)}
    parts = tuple(
        (item.part, tuple(sorted(item.parameters.items())), item.count) for item in inside
    )
    actions = tuple(
        (number_of[name], action, count)
        for (name, action), count in estimate.actions.items()
        if name in number_of
    )
    return Counted(parts, actions, estimate.node_nm, estimate.seconds, estimate.images)


def sample_prices(designs: Sequence[Counted], samples: int, seed: int = 0) -> dict[str, np.ndarray]:
    """Metric name -> (samples, designs) array; power is NaN where nothing was timed. Units as in a
    result.
    """
    totals = {name: np.full((samples, len(designs)), np.nan) for name in _DRAWN}
    unique: dict[tuple, set[str]] = {}
    for design in designs:
        for number, (part, parameters, _) in enumerate(design.parts):
            actions = {action for part, action, _ in design.actions if part == number}
            unique.setdefault((part, parameters, design.node_nm), set()).update(actions)
    laws = {key: _part(key[0], key[1]) for key in unique}
    generator = np.random.Generator(np.random.Philox(seed))
    for sample in range(samples):
        with drawn_figures(generator) as follows_logic:
            unit = {
                key: _prices(laws[key], key[2], actions, follows_logic)
                for key, actions in unique.items()
            }
        for column, design in enumerate(designs):
            _total(design, unit, totals, sample, column)
    return totals


def _part(name: str, parameters: tuple) -> Any:
    from hwlib import find_part

    return find_part(name)(**dict(parameters))


def _prices(
    part: Any, node_nm: float, actions: set[str], follows_logic: float
) -> tuple[float, float, dict[str, float]]:
    def factor(what: str) -> float:
        from hwlib.scaling import scaling_factor

        if part.native_node_nm == node_nm:
            return 1.0
        if part.scaling == "analog":
            return (
                scaling_factor(what, part.native_node_nm, node_nm, "logic").value ** follows_logic
            )
        return scaling_factor(what, part.native_node_nm, node_nm, part.scaling).value

    energy = {action: part.energy(action).value * factor("energy") for action in actions}
    return part.area().value * factor("area"), part.leakage().value, energy


def _total(
    design: Counted,
    unit: Mapping[tuple, tuple],
    totals: dict[str, np.ndarray],
    sample: int,
    column: int,
) -> None:
    prices = [unit[part, parameters, design.node_nm] for part, parameters, _ in design.parts]
    counts = [count for _, _, count in design.parts]
    area = math.fsum(price[0] * count for price, count in zip(prices, counts)) * 1e-6
    leakage = math.fsum(price[1] * count for price, count in zip(prices, counts))
    dynamic = math.fsum(prices[part][2][action] * count for part, action, count in design.actions)
    energy = dynamic + leakage * (design.seconds or 0.0)
    values = {
        "area_mm2": area,
        "static_power_uw": leakage * 1e6,
        "energy_j": energy,
        "energy_per_image_j": energy / design.images,
    }
    if design.seconds:
        values |= {
            "power_uw": energy / design.seconds * 1e6,
            "dynamic_power_uw": dynamic / design.seconds * 1e6,
        }
    for name, value in values.items():
        totals[name][sample, column] = value


def draw_value(low: float, value: float, high: float, share: float) -> float:
    """The draw at `share` (0 to 1): 0 gives low, 0.5 the value, 1 high; evenly in the logarithm
    where all are positive.
    """
    start, end, part = (low, value, 2 * share) if share < 0.5 else (value, high, 2 * share - 1)
    if start > 0:
        return start * (end / start) ** part
    return start + part * (end - start)


@contextlib.contextmanager
def drawn_figures(generator: np.random.Generator) -> Iterator[float]:
    """While it lasts, hwlib's figures have drawn values without a range. Gives the draw of
    "analogue follows logic" (0 to 1).

    The one place that changes figures: prices kept in hwlib's caches stay those of the printed
    figures.
    """
    from hwlib.figures import load_figures
    from hwlib.scaling import scaling_factor

    figures = load_figures()
    printed = dict(figures)
    shares = generator.random(len(printed) + 1)
    try:
        for (name, figure), share in zip(printed.items(), shares):
            value = draw_value(figure.low, figure.value, figure.high, float(share))
            figures[name] = replace(figure, value=value, low=value, high=value)
        scaling_factor.cache_clear()
        yield draw_value(0.0, 0.0, 1.0, float(shares[-1]))
    finally:
        figures.update(printed)
        scaling_factor.cache_clear()


def sampled(name: str) -> bool:
    """True where a metric's spread comes from figures and is drawn here; False where it has none
    (cycles, latency, tiles).
    """
    return name in _DRAWN


def bands(
    objectives: Sequence[str], samples: Mapping[str, np.ndarray], exact: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Objective -> (3, designs): the 5th, 50th and 95th percentile; an exact metric has all three
    equal.
    """
    return {
        name: np.percentile(samples[name], _PERCENTILES, axis=0)
        if sampled(name)
        else np.tile(exact[name], (3, 1))
        for name in objectives
    }


def front_shares(costs: np.ndarray) -> np.ndarray:
    """For `costs` (samples, designs, objectives): the share of samples in which each design is on
    the front.
    """
    return np.mean([pareto_front(sample) for sample in costs], axis=0)


def can_sample(names: Sequence[str]) -> bool:
    """True where every objective is either drawn or exact: prices of single components are neither."""
    return all(sampled(name) or name in {*PRICED, *TIMED, *TRAINED, *OTHER} for name in names)
