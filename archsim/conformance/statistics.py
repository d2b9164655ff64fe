"""Is the mean of a rule's changes that of its reference? Tests with a stated rate of false alarms
that hold for rare events too.

A weight that moves seven times in ten thousand mini-batches shows no event in 150 of them, and no
spread: nothing can be said against it.
So a bound never rests on the spread that was seen alone. Bernstein's inequality holds for every
bounded quantity. Its variance is that of the sample, widened by its own uncertainty, where a weight
shows enough of its chance. Elsewhere it is the largest that the range and the reference allow: a
mean mu in [a, b] has a variance of at most (mu - a)(b - mu) (Bhatia & Davis 2000), which for a rare
event of known size is the variance itself. Single weights show large faults; sums of weights a bias
of a few per cent that all of them share.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log

import numpy as np

from archsim.conformance.weight_groups import groups_of, weight_name

FALSE_ALARMS = 1e-4
"""Share of correct rules that the whole family of tests calls wrong, at most (a union bound over
all of them)."""
RESOLUTION = 0.03
"""Relative error of the sum of all changes that the trials are to tell, as far as MOST_TRIALS allow."""
LEAST_TRIALS, MOST_TRIALS = 150, 2000
ENOUGH = 30
"""Trials with another outcome than the commonest one from which a sample's own variance is trusted."""
ROUNDING = 2e-5
"""Of the largest change: what float32 may be off by."""


@dataclass(frozen=True)
class Departure:
    """One test: what it looked at, the mean change, the reference, and what their difference is
    allowed to be, in units of the changes.
    """

    what: str
    mean: float
    expected: float
    allowed: float

    @property
    def excess(self) -> float:
        """How many times the difference is what is allowed; above 1 the rule is wrong."""
        off = abs(self.mean - self.expected)
        # Weights that are no numbers would stand anywhere in the order of the findings, and a rule
        # that makes them could pass by the one that happened to come first.
        if not np.isfinite(off):
            return float("inf")
        if self.allowed > 0:
            return off / self.allowed
        return float("inf") if off else 0.0

    def __str__(self) -> str:
        return (
            f"{self.what} changes by {self.mean:.4g} in the mean, expected {self.expected:.4g}, "
            f"allowed difference {self.allowed:.2g}"
        )


def judge(changes: np.ndarray, references: np.ndarray, bias: bool = True) -> list[Departure]:
    """Every test of a family, the worst first. `changes` and `references` (trials, M, N) of M
    outputs and N inputs, a `bias` line last.
    """
    changes = np.asarray(changes, float)
    references = np.asarray(references, float)
    off = changes - references
    expected = references.mean(axis=0)
    rounding = ROUNDING * np.abs(references).max()
    groups = groups_of(expected, bias)
    certainty = _certainty(expected.size + len(groups) + 1)
    # No weight that varies: no chance is at work, and only rounding is allowed.
    event = _event(changes, rounding) if (np.ptp(changes, axis=0) > rounding).any() else 0.0
    # A weight that moved once in 150 trials has a variance that says little of the true one.
    seldom = _departures(off, rounding)
    findings = []
    for weight in np.ndindex(expected.shape):
        allowed = (
            _single(off[:, *weight], expected[weight], event, int(seldom[weight]), certainty)
            # Even an exact rule is off by the rounding of float32.
            + rounding
        )
        findings.append(
            Departure(
                weight_name(weight, expected.shape, bias),
                float(changes[:, *weight].mean()),
                float(expected[weight]),
                allowed,
            )
        )
    # Weights whose chance has hardly shown are left out of a sum that they cannot speak in, and
    # make one of their own.
    quiet = (seldom < ENOUGH) & bool(event)
    for name, group in groups.items():
        hidden = group & quiet
        summed = group if seldom[hidden].sum() >= ENOUGH else group & ~quiet
        if summed.any():
            findings.append(_sum(name, summed, off, expected, certainty, rounding, None))
    if event and quiet.any():
        findings.append(
            _sum(
                "the sum of the weights that hardly vary",
                quiet,
                off,
                expected,
                certainty,
                rounding,
                event,
            )
        )
    # The worst first, as that is the one to be shown.
    return sorted(findings, key=lambda finding: -finding.excess)


def trials_needed(changes: np.ndarray, references: np.ndarray) -> int:
    """Trials after which an error of RESOLUTION in the sum of all changes is seen, from what the
    first ones show.
    """
    off = np.asarray(changes, float) - np.asarray(references, float)
    expected = np.mean(references, axis=0)
    certainty = _certainty(expected.size + len(groups_of(expected, True)) + 1)
    whole = max(np.abs(expected).sum(), 1e-30)
    sums = (np.sign(expected) * off).sum(axis=(1, 2)) / whole
    # In steps, as the bound has no closed form with its span.
    for number in range(LEAST_TRIALS, MOST_TRIALS, 50):
        if _bound(number, _variance(sums), float(np.ptp(sums)), certainty) <= RESOLUTION:
            return number
    return MOST_TRIALS


def _departures(off: np.ndarray, rounding: float) -> np.ndarray:
    """Trials (M, N) in which a weight did something else than what it does most often."""
    # Moves that differ in rounding only are one outcome.
    rounded = np.round(off / max(rounding, 1e-30))
    counts = np.zeros(off.shape[1:], int)
    for weight in np.ndindex(counts.shape):
        counts[weight] = len(off) - np.unique(rounded[:, *weight], return_counts=True)[1].max()
    return counts


def _unseen(expected: np.ndarray, event: float) -> tuple[np.ndarray, np.ndarray]:
    """What a change may be off by at least and at most where a weight may rest, and may move by the
    usual step.
    """
    rest = -expected
    step = np.copysign(event, expected) - expected
    return np.minimum(np.minimum(rest, step), 0.0), np.maximum(np.maximum(rest, step), 0.0)


def _single(
    off: np.ndarray, expected: float, event: float, departures: int, certainty: float
) -> float:
    """What the mean of one weight may be off by. `event` is the usual size of a move; 0: the rule
    has no chance in it.
    """
    if not event:
        return 0.0
    if departures >= ENOUGH:
        return _bound(len(off), _variance(off), np.ptp(off), certainty)
    least, most = _unseen(np.array(expected), event)
    low = min(float(off.min()), float(least))
    high = max(float(off.max()), float(most))
    return _bound(len(off), -low * high, high - low, certainty)


def _sum(
    name: str,
    group: np.ndarray,
    off: np.ndarray,
    expected: np.ndarray,
    certainty: float,
    rounding: float,
    event: float | None,
) -> Departure:
    """The changes of a group, added up in the direction of their reference; `event` where its
    chance may not have shown yet.
    """
    sums = np.where(group, np.sign(expected) * off, 0.0).sum(axis=(1, 2))
    whole = float(np.abs(expected[group]).sum())
    variance = _variance(sums)
    span = float(np.ptp(sums))
    if event is not None:  # as if all of them moved at once
        low, high = (float(np.abs(end[group]).sum()) for end in _unseen(np.abs(expected), event))
        variance = max(variance, low * high)
        span = max(span, low + high)
    return Departure(
        name,
        whole + float(sums.mean()),
        whole,
        _bound(len(off), variance, span, certainty) + rounding * int(group.sum()),
    )


def _bound(trials: int, variance: float, span: float, certainty: float) -> float:
    """Bernstein: the mean of n values of that variance, within `span`, is off by more with a
    probability of 2 exp(-certainty).
    """
    return float((2 * variance * certainty / trials) ** 0.5 + 2 * span * certainty / (3 * trials))


def _variance(sample: np.ndarray) -> float:
    """The variance of a sample with two standard errors of itself, which its fourth moment gives."""
    away = sample - sample.mean()
    variance = float((away**2).mean())
    if variance <= 0:
        return 0.0
    fourth = float((away**4).mean()) / variance**2
    return (
        variance
        * len(sample)
        / (len(sample) - 1)
        # A sample's variance may come out too small by chance, and a correct rule would then be
        # called wrong.
        * (1 + 2 * (max(0.0, fourth - 1) / len(sample)) ** 0.5)
    )


def _certainty(tests: int) -> float:
    """-log of the false alarms of one side of one test among so many."""
    # Two sides of each test.
    return log(2 * tests / FALSE_ALARMS)


def _event(changes: np.ndarray, rounding: float) -> float:
    """The usual size of a move, larger ones weighted with their size, as the variance of a sum of
    rare events asks.
    """
    sizes = np.abs(changes[np.abs(changes) > rounding])
    return float((sizes**2).sum() / sizes.sum()) if sizes.size else 0.0
