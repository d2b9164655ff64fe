"""The schemes of a comparison with what is compared of each: accuracies, time, drawn prices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from archsim.comparison.standing import PRICED, Asked
from archsim.cost.counted_design import counted_document
from archsim.cost.draws import Shares, figures_of, price_draws
from archsim.training.standing import held_out_of


@dataclass(frozen=True)
class Contestant:
    """A scheme with what is compared of it. `prices` are (draws,) by what is asked."""

    label: str
    accuracies: Mapping[int, float]
    images: int | None
    seconds: float | None
    prices: Mapping[Asked, np.ndarray]
    figures: frozenset[str]


def contestants_of(
    taken: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]], drawn: Shares
) -> list[Contestant]:
    counted = [
        {boundary: counted_document(document, boundary) for boundary in ("chip", "system")}
        for _, document in taken
    ]
    # All in one call: the draws have to be the same for every scheme, or their noise would be taken
    # for a difference.
    flat = [design for pair in counted for design in pair.values()]
    totals = price_draws(flat, drawn)
    contestants = []
    for number, (row, document) in enumerate(taken):
        column = {"chip": 2 * number, "system": 2 * number + 1}
        tested = held_out_of(document)
        contestants.append(
            Contestant(
                label=row["label"],
                accuracies={
                    run["seed"]: run["accuracy_percent"]
                    for run in row["seeds"]
                    if run["accuracy_percent"] is not None
                },
                images=None if tested is None else tested.images,
                # Cycles over the clock: no figure of the cost model moves a time, so it isn't
                # drawn.
                seconds=document["latency_per_image_s"],
                prices={
                    asked: totals[asked.quantity][:, column[asked.boundary]] for asked in PRICED
                },
                figures=figures_of(counted[number]["system"]),
            )
        )
    return contestants
