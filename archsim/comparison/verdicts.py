"""Which of two schemes is better in what, and how sure that is.

In go the rows of a comparison (seeds, device, flags) and the results of its schemes; out come verdicts
on every pair and quantity. Prices are drawn (`archsim.cost.draws`): all schemes of a draw stand on
the same figures, so what they share makes no order. Time rests on no figure, accuracy on its seeds.
Reference rows and rows that a guard holds back enter no verdict.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from archsim.comparison.chances import (
    Decider,
    decider,
    ranks_of,
    share_below,
    share_by_seeds,
    share_by_test_set,
)
from archsim.comparison.contestants import Contestant, contestants_of
from archsim.comparison.guards import held_back, only_early
from archsim.comparison.standing import (
    ACCURACY,
    PRICED,
    TIME,
    Asked,
    Band,
    Standing,
    Verdict,
    Winner,
)
from archsim.cost.draws import PERCENTILES, Shares, draw_shares
from archsim.training.standing import is_reference_run
from hwlib import load_figures

DRAWS = 200
SURE = 0.95
"""Share of draws from which an order counts as decided, as for the fronts of a sweep."""


def standing_of(
    rows: Sequence[Mapping[str, Any]],
    documents: Sequence[Mapping[str, Any]],
    samples: int = DRAWS,
    seed: int = 0,
) -> Standing:
    """Verdicts on all pairs.

    Args:
        rows: a row a scheme, with `label`, `device`, `seeds` (each with `seed`, `accuracy_percent`
            and `test_error_percent` by epoch).
        documents: the result of each scheme, in the same order.
        samples: draws of the figures.
        seed: of the draws.

    Raises:
        InputError: where a part of a result is none of today's hwlib.
    """
    guards = {row["label"]: held_back(row, document) for row, document in zip(rows, documents)}
    settled = [label for label, reasons in guards.items() if not reasons]
    early = [label for label, reasons in guards.items() if reasons and only_early(reasons)]
    drawn = draw_shares(samples, seed)
    priced = [
        (row, document) for row, document in zip(rows, documents) if not is_reference_run(document)
    ]
    contestants = contestants_of(priced, drawn)
    judge = _Judge(drawn)
    clean = [one for one in contestants if one.label in settled]
    running = [one for one in contestants if one.label in (*settled, *early)]
    return Standing(
        verdicts=[verdict for pair in combinations(clean, 2) for verdict in judge.verdicts(*pair)],
        best=judge.best(clean) if len(clean) > 1 else [],
        provisional=[
            verdict
            for pair in combinations(running, 2)
            if any(one.label in early for one in pair)
            for verdict in judge.verdicts(*pair)
        ],
        provisional_best=judge.best(running) if early and len(running) > 1 else [],
        guards={label: reasons for label, reasons in guards.items() if reasons},
        bands=[band for one in contestants for band in _bands(one)],
        draws=samples,
    )


def _bands(one: Contestant) -> list[Band]:
    return [
        Band(one.label, *asked, *np.percentile(one.prices[asked], PERCENTILES).tolist())
        for asked in PRICED
    ]


class _Judge:
    """Gives verdicts with the same draws for all."""

    def __init__(self, drawn: Shares):
        printed = load_figures()
        moving = [
            position
            for position, name in enumerate(drawn.names)
            if name not in printed or printed[name].low < printed[name].high
        ]
        self._names = [drawn.names[position] for position in moving]
        self._ranks = ranks_of(drawn.shares[:, moving])

    def verdicts(self, one: Contestant, other: Contestant) -> list[Verdict]:
        """On every quantity that both have."""
        made = [self._accuracy(one, other), self._time(one, other)]
        made += [self._price(one, other, asked) for asked in PRICED]
        return [verdict for verdict in made if verdict is not None]

    def _accuracy(self, one: Contestant, other: Contestant) -> Verdict | None:
        seeds = [seed for seed in one.accuracies if seed in other.accuracies]
        if not seeds:
            return None
        differences = [one.accuracies[seed] - other.accuracies[seed] for seed in seeds]
        mean = float(np.mean(differences))
        if len(seeds) > 1:
            share = share_by_seeds(differences, one.images)
            basis = "seeds"
        elif one.images is None:
            return None
        else:
            pair = one.accuracies[seeds[0]], other.accuracies[seeds[0]]
            share = share_by_test_set(*pair, one.images)
            basis = "test set"
        return _verdict(one, other, ACCURACY, share, mean, basis)

    def _time(self, one: Contestant, other: Contestant) -> Verdict | None:
        if one.seconds is None or other.seconds is None:
            return None
        share = share_below(np.array([one.seconds]), np.array([other.seconds]))
        return _verdict(one, other, TIME, share, other.seconds - one.seconds, "cycles")

    def _price(self, one: Contestant, other: Contestant, asked: Asked) -> Verdict:
        mine, theirs = one.prices[asked], other.prices[asked]
        share = share_below(mine, theirs)
        between = float(np.median(theirs - mine))
        return _verdict(
            one, other, asked, share, between, "figures", self._decider(one, other, asked)
        )

    def _decider(self, one: Contestant, other: Contestant, asked: Asked) -> Decider | None:
        mine, theirs = one.prices[asked], other.prices[asked]
        if min(mine.min(), theirs.min()) <= 0:
            return None
        both = one.figures | other.figures
        chosen = [number for number, name in enumerate(self._names) if name in both]
        names = [self._names[number] for number in chosen]
        return decider(mine, theirs, names, self._ranks[:, chosen])

    def best(self, contestants: Sequence[Contestant]) -> list[Winner]:
        """The winner of each quantity."""
        winners = [self._most_accurate(contestants), self._fastest(contestants)]
        winners += [self._cheapest(contestants, asked) for asked in PRICED]
        return [winner for winner in winners if winner is not None]

    def _most_accurate(self, contestants: Sequence[Contestant]) -> Winner | None:
        known = [one for one in contestants if one.accuracies]
        if len(known) < 2:
            return None
        first, second, *_ = sorted(
            known, key=lambda one: -float(np.mean(list(one.accuracies.values())))
        )
        against = [self._accuracy(first, other) for other in known if other is not first]
        shares = [
            item.share_of_draws if item.a == first.label else 1 - item.share_of_draws
            for item in against
            if item is not None
        ]
        if not shares:
            return None
        return Winner(*ACCURACY, first.label, [], min(shares), second.label, "")

    def _fastest(self, contestants: Sequence[Contestant]) -> Winner | None:
        known = [one for one in contestants if one.seconds is not None]
        if len(known) < 2:
            return None
        return self._least(known, TIME, np.array([[one.seconds for one in known]], float))

    def _cheapest(self, contestants: Sequence[Contestant], asked: Asked) -> Winner:
        prices = np.stack([one.prices[asked] for one in contestants], axis=1)
        return self._least(contestants, asked, prices)

    def _least(self, contestants: Sequence[Contestant], asked: Asked, costs: np.ndarray) -> Winner:
        """The winner by costs, (draws, schemes)."""
        least = np.isclose(costs, costs.min(axis=1, keepdims=True), rtol=1e-9, atol=0.0)
        shares = least.mean(axis=0)
        order: list[int] = np.lexsort((np.median(costs, axis=0), -shares)).tolist()
        first = order[0]
        equal = np.isclose(costs, costs[:, [first]], rtol=1e-9, atol=0.0).all(axis=0)
        behind = [number for number in order if not equal[number]]
        chosen = None
        if behind and asked in PRICED:
            chosen = self._decider(contestants[first], contestants[behind[0]], asked)
        return Winner(
            *asked,
            contestants[first].label,
            [contestants[n].label for n in np.flatnonzero(equal).tolist() if n != first],
            float(shares[first]),
            contestants[behind[0]].label if behind else "",
            chosen.figure if chosen else "",
        )


def _verdict(
    one: Contestant,
    other: Contestant,
    asked: Asked,
    share: float,
    difference: float,
    basis: str,
    chosen: Decider | None = None,
) -> Verdict:
    """The verdict with the better one first; `share` and `difference` are those of `one`."""
    if share < 0.5 or (share == 0.5 and difference < 0):
        return _verdict(other, one, asked, 1 - share, -difference, basis, chosen)
    word = (
        "decided" if share >= SURE else "equal" if share == 0.5 and not difference else "undecided"
    )
    return Verdict(
        one.label,
        other.label,
        *asked,
        share,
        chosen.figure if chosen else "",
        chosen.explained if chosen else None,
        basis,
        difference,
        word,
    )
