"""The lean path of a price-only point: the same counts and prices as `simulate(..., timing=False)`,
without its document.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from archsim.chip.built import BuiltChip, build_chip, parts_of
from archsim.chip.kept_stages import KeptStages
from archsim.chip.load import validate
from archsim.chip.place import place
from archsim.cost.estimate import Estimate, price_run
from archsim.exploration.space.design import RunnableDesign, resolve
from archsim.exploration.work.metrics import read_metric
from archsim.ledger.ledger import Ledger
from hwlib.errors import InputError

if TYPE_CHECKING:
    from archsim.chip.config import Architecture

_TOTALS = (
    "area_mm2",
    "energy_j",
    "energy_per_image_j",
    "static_power_uw",
    "power_uw",
    "dynamic_power_uw",
)


_stages_of_process = KeptStages()


def price_point(design: Mapping[str, Any], metrics: Sequence[str]) -> list[float | int | None]:
    """The metrics of a design without simulating: area in mm2, dynamic energy in J, leakage in uW,
    None where nothing was timed.

    Raises InputError for a design that is not allowed or that a part's parameters do not reach.
    """
    step, built = built_of(design)
    facts = {
        "tiles": built.placement.tiles,
        "tile_operations": round(built.tile_operations),
        "operations": step.trace.vector_operations(step.images),
    }
    estimate = price_run(
        built.parts,
        built.counts,
        node_nm=built.node_nm,
        clock_mhz=step.chip.clock_mhz,
        cycles=None,
        images=step.images,
    )
    numbers = estimate_metrics(estimate, metrics, facts)
    # a path into layers or phases: the whole document has it
    if any(value is ELSEWHERE for value in numbers):
        from archsim.run.simulation import simulate

        document = simulate(
            step.trace, step.chip, scheme=step.rule, images=step.images, timing=False, setup=False
        ).to_dict()
        numbers = [
            read_metric(document, name) if value is ELSEWHERE else value
            for name, value in zip(metrics, numbers)
        ]
    return numbers


def built_of(design: Mapping[str, Any]) -> tuple[RunnableDesign, BuiltChip]:
    """A design's step and its chip, built and checked as `simulate` does. Raises InputError as
    `archsim run` would.
    """
    step = resolve(design)
    with refused_as_by_run(step.chip):
        return step, build_chip(
            step.trace, step.chip, step.rule, step.images, stages=_stages_of_process
        )


@contextlib.contextmanager
def refused_as_by_run(chip: Architecture) -> Iterator[None]:
    """Refuse a design for the reason that a run gives: it finds fault with a chip's description
    before it builds anything, while a sweep leaves the parts' own parameters to the building, which
    checks them again.
    """
    try:
        yield
    except InputError:
        validate(chip.model_dump(by_alias=True, exclude_unset=True), chip.origin)
        raise


def breakdown(design: Mapping[str, Any], run: Mapping[str, Any] | None) -> Estimate:
    """The whole estimate of a design: of its stored run, or counted from plans where nothing was
    timed.
    """
    if run is None:
        step, built = built_of(design)
        inventory = built.parts
        ledger = built.counts
        cycles = None
        images = step.images
    else:  # every check but that of the node was made when it ran
        step = resolve(design)
        placement = place(step.trace.matrices, step.chip)
        tiles = run["tiles"] if step.chip.tile.count == "auto" else step.chip.tile.count
        inventory = parts_of(
            step.chip,
            step.rule,
            tiles,
            step.chip.node_nm,
            placement.without(),
            placement.of_kinds(),
        )
        ledger = Ledger()
        cycles = run["cycles"]
        images = run["images"]  # a trained point is simulated for more than its mini-batch
        for name, action, count in run["ledger"]:
            ledger.add(name, action, "", "", count)
    return price_run(
        inventory,
        ledger,
        node_nm=step.chip.node_nm,
        clock_mhz=step.chip.clock_mhz,
        cycles=cycles,
        images=images,
    )


ELSEWHERE = object()
"""Stands for a number that only the whole document has."""


def estimate_metrics(
    estimate: Estimate, metrics: Sequence[str], facts: Mapping[str, Any]
) -> list[Any]:
    """Metrics of an estimate and of `facts` (counts, cycles); `ELSEWHERE` for what neither holds."""
    totals: dict[str, Any] = {}
    return [_metric(estimate, name, facts, totals) for name in metrics]


def _metric(estimate: Estimate, name: str, facts: Mapping[str, Any], totals: dict[str, Any]) -> Any:
    if name in facts:
        return facts[name]
    stem, part = (
        (name[:-4], 1)
        if name.endswith("_low")
        else (name[:-5], 2)
        if name.endswith("_high")
        else (name, 0)
    )
    if stem in _TOTALS:
        if stem not in totals:
            totals[stem] = _total(estimate, stem, totals)
        return None if totals[stem] is None else totals[stem][part]
    keys = name.split(".")
    if keys[0] in ("by_component", "by_component_off_chip") and len(keys) == 3:
        if keys[2] == "busy_fraction" and estimate.seconds is not None:
            return ELSEWHERE
        return _of_component(estimate, keys)
    if keys[0] == "boundaries" and len(keys) == 3 and keys[1] in ("macro", "chip", "system"):
        wanted = {
            "area_mm2": estimate.area_mm2,
            "energy_j": estimate.energy_j,
            "power_uw": estimate.power_uw,
        }.get(keys[2])
        spread = wanted(keys[1]) if wanted else None
        return None if spread is None else spread.value
    if keys[0] in ("by_layer", "by_phase", "stalls"):
        return ELSEWHERE
    return None


def _total(estimate: Estimate, stem: str, totals: dict[str, Any]) -> tuple | None:
    if stem == "energy_per_image_j":
        whole = totals.get("energy_j") or estimate.energy_j()
        return tuple(value / estimate.images for value in whole)
    return {
        "area_mm2": estimate.area_mm2,
        "energy_j": estimate.energy_j,
        "static_power_uw": estimate.static_power_uw,
        "power_uw": estimate.power_uw,
        "dynamic_power_uw": estimate.dynamic_power_uw,
    }[stem]()


def _of_component(estimate: Estimate, keys: list[str]) -> float | None:
    off_chip = keys[0] == "by_component_off_chip"
    for cost in estimate.components:
        if cost.component.name == keys[1] and (cost.component.boundary == "system") == off_chip:
            spread = {
                "area_mm2": cost.area_mm2,
                "energy_j": cost.energy_j,
                "static_power_uw": cost.static_power_uw,
                "dynamic_energy_j": cost.dynamic_energy_j,
                "static_energy_j": cost.static_energy_j,
            }.get(keys[2])
            return (
                cost.component.count
                if keys[2] == "count"
                else None
                if spread is None
                else spread.value
            )
    return None
