"""What each field of a chip moves, found by moving it: `python -m docs.from_code.measure_moves`
writes moves.json.

Every field is driven off its default in the runs by which the tests hold every setting; what comes
out is compared with the run before.
"""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import archsim
from archsim.schemes import load_scheme
from archsim.training.setup import settings_of
from hwlib.errors import InputError
from tests.conformance.test_every_setting import FIELDS, LIMITS, POSITIVE, RUNS, STUDIED, others
from workloads import load_network

FILE = Path(__file__).with_name("moves.json")
QUANTITIES = ("area", "energy", "time", "values", "training", "limit")
"""`values`: real data that pass through the arrays; `training`: what a training computes with;
`limit`: it holds a run back where it comes to that, as the tests know.
"""


LARGER = ("cim40", {}, {"timing": False, "network": "rpu_cnn"})
"""On many tiles, so that what changes their number is seen."""


def network_for(name: str, settings: dict[str, Any]) -> Any:
    """The network of a machine: one whose inputs are never negative, where its columns need that."""
    chip = archsim.load_architecture(name, settings)
    return POSITIVE if chip.physics.model == "dual_column" else "digits_cnn"


def run(chip: Any, network: Any, kind: dict[str, Any]) -> dict[str, object]:
    """What one run gives, by quantity; a changed chip runs the network of the unchanged one."""
    result = archsim.simulate(**{"network": network, "chip": chip} | kind)
    document = result.to_dict()
    parts = [*document["by_component"].values(), *document["by_component_off_chip"].values()]
    outputs = vars(result).get("outputs")
    return {
        # parts that only count, as the clock of a block does, come and go without area
        "area": [part["area_mm2"] for part in parts if part["area_mm2"]],
        "energy": [part["energy_j"] for part in parts],
        "time": [document["cycles"], document["latency_s"]],
        "values": None if outputs is None else outputs.tobytes(),
    }


def trained(chip: Any, scheme: str) -> dict[str, object]:
    """The settings that a training takes from a chip."""
    rule = load_scheme(scheme)
    network = load_network("digits_cnn")
    made = settings_of(
        chip, rule, epochs=1, batch=1, seed=0, device=None, changes=None, network=network
    )
    return {"training": made[0]}


def moved_in(path: str, name: str, settings: dict[str, Any], measure: Any) -> set[str]:
    """The quantities that any other value of a field moves in one kind of run."""
    chip = archsim.load_architecture(name, settings)
    moved: set[str] = set()
    before = measure(chip)
    for value in others(path, chip):
        try:
            after = measure(archsim.load_architecture(chip, {path: value}))
        except InputError:
            continue
        moved |= {quantity for quantity in after if after[quantity] != before[quantity]}
    return moved


def measure() -> dict[str, list[str]]:
    """Quantities by field path."""
    seen = {path: {"limit"} if path in LIMITS else set() for path in FIELDS}
    for path in FIELDS:
        for name, settings, kind in [*(RUNS | STUDIED).values(), LARGER]:
            once = partial(run, network=network_for(name, settings), kind=kind)
            seen[path] |= moved_in(path, name, settings, once)
        for scheme in ("rpu", "sgd"):
            for name in ("cim40", "rpu"):
                seen[path] |= moved_in(path, name, {}, partial(trained, scheme=scheme))
    return {path: [name for name in QUANTITIES if name in moved] for path, moved in seen.items()}


if __name__ == "__main__":
    FILE.write_text(json.dumps(measure(), indent=0) + "\n", encoding="utf-8")
