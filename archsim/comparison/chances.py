"""How sure an order is: of two accuracies by their seeds or their test set, of two prices by draws,
and which figure decides.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

_CONSTANT = 1e-9
"""Relative change of a ratio below which no figure moves it."""
EXPLAINS = 0.1
"""Least share of the ranks' variance that a figure must explain to be named."""


class Decider(NamedTuple):
    """The figure that moves a ratio most, and the share of the variance of its ranks that it
    explains.
    """

    figure: str
    explained: float


def share_below(mine: np.ndarray, theirs: np.ndarray) -> float:
    """The share of draws in which `mine` is the smaller; draws that are equal count half."""
    # Two schemes on the same circuits differ in the last bits only; without this one of them would
    # be "cheaper in 100 % of draws".
    equal = np.isclose(mine, theirs, rtol=_CONSTANT, atol=0.0)
    return float(np.mean(np.where(equal, 0.5, mine < theirs)))


def decider(
    mine: np.ndarray, theirs: np.ndarray, names: Sequence[str], ranks: np.ndarray
) -> Decider | None:
    """The figure that decides between two prices: the one with whose draws the ratio of the two
    goes most closely (Spearman's rank correlation, squared).

    A factor that both share falls out of the ratio, so what moves both alike decides nothing.

    Args:
        mine: price of one in each draw, > 0.
        theirs: price of the other in the same draws, > 0.
        names: figures that may decide.
        ranks: of the draws of these figures, (draws, figures).

    Returns:
        the figure; None where the ratio is the same in every draw (the counts alone decide), or no
        figure explains a share of EXPLAINS.
    """
    # A figure that scales both prices alike decides nothing and drops out of the ratio, however
    # much it moves each.
    ratio = np.log(theirs) - np.log(mine)
    # Ranks of rounding noise would name some figure at random.
    if not names or np.ptp(ratio) <= _CONSTANT:
        return None
    ours = ranks_of(ratio)
    ours = ours - ours.mean()
    centred = ranks - ranks.mean(axis=0)
    # Of ranks (Spearman), as the ratio bends with a figure but almost always in one direction.
    correlation = centred.T @ ours / np.sqrt((ours @ ours) * np.sum(centred**2, axis=0))
    best = int(np.argmax(np.abs(correlation)))
    explained = float(correlation[best] ** 2)
    return Decider(names[best], explained) if explained >= EXPLAINS else None


def ranks_of(values: np.ndarray) -> np.ndarray:
    """Ranks along the first axis, 0 the least."""
    return np.argsort(np.argsort(values, axis=0, kind="stable"), axis=0, kind="stable").astype(
        float
    )


def student_share(value: float, freedom: int) -> float:
    """P(T <= value) of Student's t.

    Args:
        value: t.
        freedom: degrees of freedom, a whole number of at least 1.

    Source:
        Abramowitz & Stegun, 26.7.3 and 26.7.4 (finite series).
    """
    angle = math.atan(value / math.sqrt(freedom))
    sine, cosine = math.sin(angle), math.cos(angle)
    term = cosine if freedom % 2 else 1.0
    terms = [term]
    # The finite series of Abramowitz and Stegun 26.7.3 and 26.7.4, so that no SciPy is needed for a
    # single function.
    for k in range(3 if freedom % 2 else 2, freedom - 1, 2):
        term *= cosine**2 * (k - 1) / k
        terms.append(term)
    if freedom % 2:
        inside = angle + (sine * math.fsum(terms) if freedom > 1 else 0.0)
        return 0.5 + inside / math.pi
    return 0.5 + sine * math.fsum(terms) / 2


def share_by_seeds(differences: Sequence[float], images: int | None) -> float:
    """Probability that the mean of paired differences of accuracies is above zero: Student's t over
    the seeds.

    Args:
        differences: mine less theirs in %, one a seed; two or more.
        images: of the test set: seeds that agree to the last image are taken to differ by one.
    """
    count = len(differences)
    mean = math.fsum(differences) / count
    variance = math.fsum((value - mean) ** 2 for value in differences) / (count - 1)
    # Two seeds that happen to agree would make any difference certain; an accuracy isn't known
    # finer than one image.
    image = 0.0 if images is None else 100.0 / images
    error = max(math.sqrt(variance), image) / math.sqrt(count)
    if error == 0.0:
        return 0.5 if mean == 0 else float(mean > 0)
    return student_share(mean / error, count - 1)


def share_by_test_set(mine: float, theirs: float, images: int) -> float:
    """Probability that one accuracy of a single seed is above another, by the spread of test sets of
    that many images alone (binomial, taken as independent): what another seed would give is not in
    it.
    """
    shares = [value / 100 for value in (mine, theirs)]
    # one image right or wrong, so that 100 % is not certain
    variance = math.fsum(max(p * (1 - p), 1 / images) / images for p in shares)
    return 0.5 * (1 + math.erf((shares[0] - shares[1]) / math.sqrt(2 * variance)))
