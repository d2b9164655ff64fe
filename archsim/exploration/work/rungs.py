"""The rungs of the fidelity ladder: what working out one design means on each. A rung returns its
metrics and what to keep besides.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from archsim.basics.collector import collector_at_work
from archsim.chip.replicas import chip_settings
from archsim.cost.unpriced import is_unpriced
from archsim.exploration.space.design import network_of, resolve
from archsim.exploration.space.keys import key_of
from archsim.exploration.work.metrics import TRAINED, read_metric
from archsim.exploration.work.pricing import price_point, refused_as_by_run
from archsim.exploration.work.timing import time_point
from archsim.training.settings import EXACT_WORDS
from hwlib.errors import InputError

EXACT = EXACT_WORDS[0]
"""What stands for the device where none holds the weights."""
# (design, metrics, options) -> (one number or None for each metric, what else to store)
Evaluate = Callable[
    [Mapping[str, Any], Sequence[str], Mapping[str, Any]], tuple[list[Any], dict[str, Any]]
]


def price_rung(
    design: Mapping[str, Any], metrics: Sequence[str], options: Mapping[str, Any]
) -> tuple[list[Any], dict[str, Any]]:
    """Area and dynamic energy from counts, nothing simulated."""
    return price_point(design, metrics), {}


def timing_rung(
    design: Mapping[str, Any], metrics: Sequence[str], options: Mapping[str, Any]
) -> tuple[list[Any], dict[str, Any]]:
    """The event simulation; its ledger is kept, summed over layers, so that the point can be priced
    again.
    """
    return time_point(design, metrics)


def compact_run(document: Mapping[str, Any]) -> dict[str, Any]:
    """What pricing a run again needs: cycles and the count of every action, as [component, action,
    count].
    """
    counts: dict[tuple[str, str], list[float]] = defaultdict(list)
    for row in document["ledger"]:
        counts[row["component"], row["action"]].append(row["count"])
    ledger = [[name, action, math.fsum(items)] for (name, action), items in counts.items()]
    facts = {
        key: document[key]
        for key in (
            "cycles",
            "images",
            "tiles",
            "operations",
            "tile_operations",
            "utilisation",
            "interval_per_image_s",
            "latency_s",
            "latency_per_image_s",
        )
    }
    return {**facts, "ledger": ledger}


@collector_at_work()
def training_rung(
    design: Mapping[str, Any], metrics: Sequence[str], options: Mapping[str, Any]
) -> tuple[list[Any], dict[str, Any]]:
    """A training on the array physics, and its steps simulated with the activity it had. Every
    point trains from the same seed.
    """
    from archsim.run.training_and_silicon import train
    from archsim.training.standing import guards_of
    from workloads.datasets import load_dataset

    step = resolve(design)
    data = load_dataset(
        options.get("data", "digits"), train=options.get("images"), test=options.get("test_images")
    )
    settings = {
        path[9:]: value
        for path, value in design.items()
        if path[:9] == "training." and not chip_settings(path, value)
    }
    chosen = {name: options[name] for name in ("epochs", "seed") if name in options}
    if step.rule is None:
        raise InputError("a design that is trained needs an update rule", where="scheme")
    with refused_as_by_run(step.chip):
        document = train(
            network_of(design["network"]),
            step.chip,
            data,
            step.rule,
            batch=design["batch"],
            device=design["device"],
            settings=settings,
            **chosen,
        ).to_dict()
    kept = kept_run(design, document) | {
        "trained": kept_training(document) | {"guards": guards_of(document)}
    }
    return [read_metric(document, name) for name in metrics], kept


def kept_run(design: Mapping[str, Any], document: Mapping[str, Any]) -> dict[str, Any]:
    """Which work a trained point was, and its run; a reference run has no price, now or later."""
    run = {} if is_unpriced(document) else {"run": compact_run(document)}
    return {"work": key_of(design, node=False)} | run


def kept_training(document: Mapping[str, Any]) -> dict[str, Any]:
    """What pricing a trained point again needs besides its design, and what its training came to."""
    fields = ("images", "settings", "scheme_settings", "activities", "refreshes")
    trained = {name: document[name] for name in TRAINED} | {
        "training": {name: document["training"][name] for name in fields}
    }
    # rows of before do not say it
    return trained | ({"device": document["device"] or EXACT} if "device" in document else {})


RUNGS: dict[str, Evaluate] = {"price": price_rung, "timing": timing_rung, "training": training_rung}
