"""Which of two schemes is better in what, and how sure that is.

In go the rows of a comparison (seeds, device, flags) and the results of its schemes; out come verdicts
on every pair and quantity. Prices are drawn (`archsim.cost.draws`): all schemes of a draw stand on
the same figures, so what they share makes no order. Time rests on no figure, accuracy on its seeds.
Reference rows and rows that a guard holds back enter no verdict.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from archsim.comparison.chances import (
    Decider,
    decider,
    ranks_of,
    share_below,
    share_by_seeds,
    share_by_test_set,
)
from archsim.comparison.rows import EXACT
from archsim.cost.counted_design import counted_document
from archsim.cost.draws import PERCENTILES, Shares, draw_shares, figures_of, price_draws
from archsim.training.standing import guards_of, held_out_of, not_settled
from hwlib import load_figures

DRAWS = 200
SURE = 0.95
"""Share of draws from which an order counts as decided, as for the fronts of a sweep."""


class Asked(NamedTuple):
    """One quantity of a verdict and the boundary that it is taken in (empty: it has none)."""

    quantity: str
    boundary: str = ""


PRICED = tuple(
    Asked(quantity, boundary)
    for quantity in ("energy_per_image_j", "area_mm2")
    for boundary in ("chip", "system")
)
ACCURACY = Asked("accuracy_percent")
TIME = Asked("latency_per_image_s")
ASKED = (ACCURACY, *PRICED, TIME)


@dataclass(frozen=True)
class Verdict:
    """`a` is better than `b`, or as likely as not.

    Args:
        a: label of the better scheme.
        b: label of the other.
        quantity: name of the result's number.
        boundary: chip or system; empty where the quantity has none.
        share_of_draws: share of the draws of the figures in which `a` is better, draws that are
            equal by half; for accuracy the probability that it is, over the seeds.
        decided_by: figure that decides; empty where none does.
        explained: share of the variance of the ratio's ranks that this figure explains.
        basis: what was drawn: `figures`, `cycles` (nothing), `seeds` or `test set`.
        difference: the median over the draws of b less a, in the unit of the quantity, a less b for
            accuracy.
        verdict: decided, undecided or equal.
    """

    a: str
    b: str
    quantity: str
    boundary: str
    share_of_draws: float
    decided_by: str
    explained: float | None
    basis: str
    difference: float
    verdict: str


@dataclass(frozen=True)
class Winner:
    """The best of one quantity: the scheme with the largest share of draws in which none is better.

    Args:
        quantity: name of the result's number.
        boundary: chip or system; empty where the quantity has none.
        label: the best scheme.
        equals: schemes that are its equal in every draw.
        share_of_draws: share of draws in which it, and its equals, are the best of all; for accuracy
            the least of its shares against another.
        runner_up: the next best; empty where there is none.
        decided_by: figure that decides between it and the next; empty where none does.
    """

    quantity: str
    boundary: str
    label: str
    equals: list[str]
    share_of_draws: float
    runner_up: str
    decided_by: str


@dataclass(frozen=True)
class Band:
    """Where a price lies in the draws.

    Args:
        label: the scheme.
        quantity: name of the result's number.
        boundary: chip or system.
        low: 5 % of the draws lie below.
        median: half of them do.
        high: 95 % of them do.
    """

    label: str
    quantity: str
    boundary: str
    low: float
    median: float
    high: float


@dataclass(frozen=True)
class Standing:
    """What a comparison says in the end.

    Args:
        verdicts: on all pairs of rows that nothing holds back.
        best: the winner of each quantity among them.
        provisional: pairs in which one has not settled: how it stood when the training ended.
        provisional_best: winners among all but those at chance and references; empty where every
            scheme has settled.
        guards: by label why a scheme enters no verdict.
        bands: of the prices of all schemes.
        draws: how often the figures were drawn.
    """

    verdicts: list[Verdict] = field(default_factory=list)
    best: list[Winner] = field(default_factory=list)
    provisional: list[Verdict] = field(default_factory=list)
    provisional_best: list[Winner] = field(default_factory=list)
    guards: dict[str, list[str]] = field(default_factory=dict)
    bands: list[Band] = field(default_factory=list)
    draws: int = 0

    def to_dict(self) -> dict[str, Any]:
        """The fields of compare.json."""
        return asdict(self)


@dataclass(frozen=True)
class _Contestant:
    """A scheme with what is compared of it. `prices` are (draws,) by what is asked."""

    label: str
    accuracies: Mapping[int, float]
    images: int | None
    seconds: float | None
    prices: Mapping[Asked, np.ndarray]
    figures: frozenset[str]


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
    early = [label for label, reasons in guards.items() if reasons and _only_early(reasons)]
    drawn = draw_shares(samples, seed)
    contestants = _contestants(list(zip(rows, documents)), drawn)
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


def _bands(one: _Contestant) -> list[Band]:
    return [
        Band(one.label, *asked, *np.percentile(one.prices[asked], PERCENTILES).tolist())
        for asked in PRICED
    ]


def held_back(row: Mapping[str, Any], document: Mapping[str, Any]) -> list[str]:
    """Why a scheme enters no verdict, in words; empty where nothing holds it back."""
    reasons = []
    if is_reference(row, document):
        reasons.append("reference: exact weights on arrays, which no device holds; accuracy alone")
    reasons += guards_of(document)
    tested = held_out_of(document)
    for run in row["seeds"][1:]:
        why = not_settled(run["test_error_percent"], tested)
        if why:
            reasons.append(f"seed {run['seed']} {why}")
            break
    return reasons


def is_reference(row: Mapping[str, Any], document: Mapping[str, Any]) -> bool:
    """Whether a scheme trains exact weights on tiles: silicon is priced that nothing was read from."""
    return row["device"] == EXACT and document["tiles"] > 0


def _only_early(reasons: Sequence[str]) -> bool:
    """Whether all that holds a scheme back is that it has not settled."""
    return all("not settled" in reason for reason in reasons)


def _contestants(
    taken: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]], drawn: Shares
) -> list[_Contestant]:
    counted = [
        {boundary: counted_document(document, boundary) for boundary in ("chip", "system")}
        for _, document in taken
    ]
    flat = [design for pair in counted for design in pair.values()]
    totals = price_draws(flat, drawn)
    contestants = []
    for number, (row, document) in enumerate(taken):
        column = {"chip": 2 * number, "system": 2 * number + 1}
        tested = held_out_of(document)
        contestants.append(
            _Contestant(
                label=row["label"],
                accuracies={
                    run["seed"]: run["accuracy_percent"]
                    for run in row["seeds"]
                    if run["accuracy_percent"] is not None
                },
                images=None if tested is None else tested.images,
                seconds=document["latency_per_image_s"],
                prices={
                    asked: totals[asked.quantity][:, column[asked.boundary]] for asked in PRICED
                },
                figures=figures_of(counted[number]["system"]),
            )
        )
    return contestants


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

    def verdicts(self, one: _Contestant, other: _Contestant) -> list[Verdict]:
        """On every quantity that both have."""
        made = [self._accuracy(one, other), self._time(one, other)]
        made += [self._price(one, other, asked) for asked in PRICED]
        return [verdict for verdict in made if verdict is not None]

    def _accuracy(self, one: _Contestant, other: _Contestant) -> Verdict | None:
        seeds = [seed for seed in one.accuracies if seed in other.accuracies]
        if not seeds:
            return None
        differences = [one.accuracies[seed] - other.accuracies[seed] for seed in seeds]
        mean = float(np.mean(differences))
        if len(seeds) > 1:
            share, basis = share_by_seeds(differences, one.images), "seeds"
        elif one.images is None:
            return None
        else:
            pair = one.accuracies[seeds[0]], other.accuracies[seeds[0]]
            share, basis = share_by_test_set(*pair, one.images), "test set"
        return _verdict(one, other, ACCURACY, share, mean, basis)

    def _time(self, one: _Contestant, other: _Contestant) -> Verdict | None:
        if one.seconds is None or other.seconds is None:
            return None
        share = share_below(np.array([one.seconds]), np.array([other.seconds]))
        return _verdict(one, other, TIME, share, other.seconds - one.seconds, "cycles")

    def _price(self, one: _Contestant, other: _Contestant, asked: Asked) -> Verdict:
        mine, theirs = one.prices[asked], other.prices[asked]
        share = share_below(mine, theirs)
        between = float(np.median(theirs - mine))
        return _verdict(
            one, other, asked, share, between, "figures", self._decider(one, other, asked)
        )

    def _decider(self, one: _Contestant, other: _Contestant, asked: Asked) -> Decider | None:
        mine, theirs = one.prices[asked], other.prices[asked]
        if min(mine.min(), theirs.min()) <= 0:
            return None
        both = one.figures | other.figures
        chosen = [number for number, name in enumerate(self._names) if name in both]
        names = [self._names[number] for number in chosen]
        return decider(mine, theirs, names, self._ranks[:, chosen])

    def best(self, contestants: Sequence[_Contestant]) -> list[Winner]:
        """The winner of each quantity."""
        winners = [self._most_accurate(contestants), self._fastest(contestants)]
        winners += [self._cheapest(contestants, asked) for asked in PRICED]
        return [winner for winner in winners if winner is not None]

    def _most_accurate(self, contestants: Sequence[_Contestant]) -> Winner | None:
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

    def _fastest(self, contestants: Sequence[_Contestant]) -> Winner | None:
        known = [one for one in contestants if one.seconds is not None]
        if len(known) < 2:
            return None
        return self._least(known, TIME, np.array([[one.seconds for one in known]], float))

    def _cheapest(self, contestants: Sequence[_Contestant], asked: Asked) -> Winner:
        prices = np.stack([one.prices[asked] for one in contestants], axis=1)
        return self._least(contestants, asked, prices)

    def _least(self, contestants: Sequence[_Contestant], asked: Asked, costs: np.ndarray) -> Winner:
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
    one: _Contestant,
    other: _Contestant,
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
