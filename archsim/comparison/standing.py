"""What a comparison says in the end: verdicts on pairs, the best of each quantity, bands of prices."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple


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
