"""The published figures of published.toml, each with the run that gives the model's value."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Callable
from importlib import resources

import archsim
from archsim.result import Result
from hwlib.parts.isaac import recompose
from workloads.network import Layer, Network

# A matrix that fills one 64 x 64 tile: 64 rows, 32 weights on two columns each.
_FULL_TILE = Network("full tile", (
    Layer("input", "input", (), (), (64,)),
    Layer("full", "linear", ("input",), ((64,),), (32,)),
))
_MANY = 8  # images until the pipeline is full


@functools.cache
def _lenet(settings: tuple[tuple[str, str], ...] = (), images: int = 1) -> Result:
    return archsim.simulate("lenet1", archsim.load_architecture("wu2023", dict(settings)), images=images)


def _layer_ms(name: str) -> float:
    result = _lenet()
    cycles = next(row["cycles"] for row in result.by_layer if row["layer"] == name)
    return cycles / (result.clock_mhz * 1e3)


def _with_copies() -> Result:
    return _lenet((("execution.mode", "pipelined"), ("placement.copies.conv1", "8")), _MANY)


def _tile_energy() -> tuple[float, float, float]:
    macro = archsim.simulate(_FULL_TILE, "wu2023").boundaries["macro"]
    return macro["energy_j"] * 1e9, *(value * 1e9 for value in macro["energy_j_range"])


# name -> the model's value in the unit of the published one; with its low and high where prices enter
MODELS: dict[str, Callable[[], float | tuple[float, float, float]]] = {
    "wu2023.operations": lambda: _lenet().operations,
    "wu2023.tile_operations": lambda: _lenet().tile_operations,
    "wu2023.crossbars": lambda: _lenet().tiles,
    "wu2023.crossbars_with_copies": lambda: _with_copies().tiles,
    "wu2023.conv1_latency": lambda: _layer_ms("conv1"),
    "wu2023.conv2_latency": lambda: _layer_ms("conv2"),
    "wu2023.serial_latency": lambda: _lenet().latency_s * 1e3,
    "wu2023.pipelined_latency": lambda: _lenet((("execution.mode", "pipelined"),)).latency_s * 1e3,
    "wu2023.copies_interval": lambda: _with_copies().interval_per_image_s * 1e3,
    "wu2023.tile_energy": _tile_energy,
    "isaac.chip_area": lambda: recompose()[1].value * 1e-6,
    "isaac.chip_power": lambda: recompose()[0].value,
}


def load_published() -> dict[str, dict]:
    """The published figures by name."""
    text = (resources.files("archsim.validation") / "published.toml").read_text(encoding="utf-8")
    return {f"{table}.{key}": entry for table, entries in tomllib.loads(text).items() for key, entry in entries.items()}


def run_checks(progress: Callable[[float, float, str], None] | None = None) -> list[dict[str, object]]:
    """Simulate and compare. Rows: name, title, source, published, model, model_range (None where no price enters), unit,
    relative_difference (model / published - 1), tolerance, within, kind.

    A tolerance "range" becomes the larger distance of the model's low or high from the published figure.
    """
    published = load_published()
    if set(published) != set(MODELS):
        raise RuntimeError(f"published figures without a model or the reverse: {sorted(set(published) ^ set(MODELS))}")
    rows = []
    for index, (name, entry) in enumerate(published.items()):
        if progress:
            progress(index, len(published), entry["title"])
        found = MODELS[name]()
        model, low, high = found if isinstance(found, tuple) else (found, None, None)
        target, tolerance = entry["published"], entry["tolerance"]
        difference = model / target - 1
        within = low <= target <= high if tolerance == "range" else abs(difference) <= tolerance
        if tolerance == "range":
            tolerance = max(abs(low / target - 1), abs(high / target - 1))
        rows.append({
            "name": name, "title": entry["title"], "source": entry["source"], "published": target, "model": model,
            "model_range": None if low is None else [low, high], "unit": entry["unit"], "relative_difference": difference,
            "tolerance": tolerance, "within": within, "kind": entry["kind"],
        })
    return rows
