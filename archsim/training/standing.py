"""Whether a training came to something: guards before a result is called the best of anything.

A result at chance has learnt nothing that its test set could show; one that has not settled would
be another with more epochs. Both say so in words, and enter no front, no knee and no verdict.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

CHANCE = 1e-3
"""A network that guesses lies above the bound once in a thousand test sets."""
LEAST_EPOCHS = 3
"""Epochs below which nothing says whether the accuracy still rises."""
STILL_RISING = 0.1
"""Share of the error that the last third of the epochs may still take off the third before."""
ERRORS = 2.0
"""Standard errors of the test set within which a rise is none."""
REFERENCE = "reference: exact weights on arrays, which no device holds; accuracy alone"
"""Why a reference run enters nothing."""
CRITERION = (
    f"settled: at least {LEAST_EPOCHS} epochs, and the mean test error of the last third of them lies "
    f"less than {100 * STILL_RISING:g} % or {ERRORS:g} standard errors of the test set below that "
    "of the third before"
)


@dataclass(frozen=True, slots=True)
class HeldOut:
    """What an accuracy was measured on.

    Args:
        images: their number.
        classes: answers that there are.
        largest_class_percent: what a network scores that always gives the most frequent answer.
    """

    images: int
    classes: int
    largest_class_percent: float

    @classmethod
    def of_labels(cls, labels: np.ndarray, classes: int) -> HeldOut:
        """The facts of int64 labels from 0 to `classes` - 1, one an answer."""
        counts = np.bincount(labels.reshape(-1), minlength=classes)
        return cls(int(labels.size), classes, float(100.0 * counts.max() / labels.size))

    @property
    def chance_percent(self) -> float:
        """Accuracy of a network that learnt nothing but how often each class comes."""
        return max(100.0 / self.classes, self.largest_class_percent)

    @property
    def bound_percent(self) -> float:
        """The accuracy up to which a result may be chance."""
        return 100.0 * chance_bound(self.images, self.chance_percent / 100) / self.images


@functools.lru_cache(maxsize=256)
def chance_bound(images: int, share: float) -> int:
    """The most right answers that a guess gives, but for one in a thousand test sets.

    Args:
        images: of the test set.
        share: probability that a guess is right.

    Returns:
        the least k with P(X > k) <= CHANCE, X binomial.
    """
    if share >= 1:
        return images
    tail = 0.0
    # in logarithms: the binomial coefficients of a large test set leave float64
    for right in range(images, 0, -1):
        log = (
            math.lgamma(images + 1)
            - math.lgamma(right + 1)
            - math.lgamma(images - right + 1)
            + right * math.log(share)
            + (images - right) * math.log1p(-share)
        )
        tail += math.exp(log)
        if tail > CHANCE:
            return right
    return 0


def at_chance(accuracy_percent: float | None, tested: HeldOut) -> str:
    """Why an accuracy may be chance; empty where it is not."""
    if accuracy_percent is None or accuracy_percent > tested.bound_percent + 1e-9:
        return ""
    return (
        f"at chance: {accuracy_percent:.2f} % of {tested.classes} classes, and guessing gives up to "
        f"{tested.bound_percent:.2f} % on {tested.images:,} test images"
    )


def not_settled(errors_percent: Sequence[float], tested: HeldOut | None) -> str:
    """Why a training has not settled; empty where it has (see CRITERION).

    Args:
        errors_percent: test error after each epoch.
        tested: what they were measured on; None where nothing is known of it, and any rise counts.
    """
    epochs = len(errors_percent)
    if epochs < LEAST_EPOCHS:
        some = f"{epochs} epoch{'' if epochs == 1 else 's'}"
        return (
            f"not settled: {some}, at least {LEAST_EPOCHS} are needed; as many or more lift this, "
            "once the test error falls no more"
        )
    third = epochs // 3
    last = math.fsum(errors_percent[-third:]) / third
    before = math.fsum(errors_percent[-2 * third : -third]) / third
    share = min(1.0, max(0.0, before / 100))
    noise = 0.0 if tested is None else 100 * math.sqrt(share * (1 - share) / tested.images)
    fall = before - last
    if fall <= ERRORS * noise or fall <= STILL_RISING * before:
        return ""
    return (
        f"not settled: the test error still falls, from {before:.2f} to {last:.2f} % "
        f"in the last {2 * third} of {epochs} epochs; more epochs lift this, once it falls no more"
    )


def guards_of(document: Mapping[str, Any]) -> list[str]:
    """What keeps a result document out of every front and verdict, in words; empty where nothing
    does. A document from before test sets were recorded is held to its epochs alone.
    """
    tested = held_out_of(document)
    errors = [epoch["test_error_percent"] for epoch in document.get("epochs") or []]
    reasons = [REFERENCE] if is_reference_run(document) else []
    reasons += [at_chance(document.get("accuracy_percent"), tested)] if tested else []
    return [reason for reason in (*reasons, not_settled(errors, tested)) if reason]


def is_reference_run(document: Mapping[str, Any]) -> bool:
    """Whether a result document is that of exact weights on tiles. One from before this was said
    names no device and has tiles all the same.
    """
    if "reference" in document:
        return bool(document["reference"])
    return document.get("device", "") is None and document["tiles"] > 0


def held_out_of(document: Mapping[str, Any]) -> HeldOut | None:
    """The test set that a result document tells of; None where it tells of none."""
    facts = document.get("training", {}).get("test_set")
    return HeldOut(**facts) if facts else None
