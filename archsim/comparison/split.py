"""The part of the training set that tuning may see: some images to train on, others held out to judge
by. The test set is in neither.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from hwlib.errors import InputError
from workloads.datasets import Dataset

MOST_IMAGES = 5000
MOST_VALIDATION = 2000
"""Sizes of the two parts where there are as many images: 2,000 tell 97 from 98 % (one standard error
is 0.4 points)."""
_VALIDATION_SHARE = 5  # at most one in so many images is held out
_LEAST = 10  # training images below which nothing can be held out
_STREAM = 0x7A91  # so that the draw shares no bits with a training of the same seed


@dataclass(frozen=True)
class Split:
    """How the training set is divided: `images` to train a trial on, `validation` to judge it by,
    drawn by `seed`.
    """

    images: int
    validation: int
    seed: int

    def of(self, data: Dataset) -> Dataset:
        """The data of a trial.

        Args:
            data: the whole set; only its training part is looked at.

        Returns:
            a set whose training part are `images` images and whose test part are `validation`
            others, all from the training part of `data`.
        """
        order = np.random.default_rng([_STREAM, self.seed]).permutation(len(data.train_labels))
        # Held out first, so that `tune_images` changes what a trial learns from and never what
        # judges it. Sorted, as sets are in an order that a training shuffles itself.
        held_out = np.sort(order[: self.validation])
        trained = np.sort(order[self.validation : self.validation + self.images])
        return replace(
            data,
            train_images=data.train_images[trained],
            train_labels=data.train_labels[trained],
            test_images=data.train_images[held_out],
            test_labels=data.train_labels[held_out],
            notes=(
                *data.notes,
                f"tuning: {len(trained)} training images, judged by {len(held_out)} others of the "
                "training set",
            ),
        )


def split_of(count: int, seed: int, images: int | None = None) -> Split:
    """How a training set of so many images is divided.

    Args:
        count: images of the training set.
        seed: of the draw.
        images: of a trial; None for MOST_IMAGES, or what there is beside those held out.

    Raises:
        InputError: where there are too few images.
    """
    if count < _LEAST:
        raise InputError(
            "too few training images to hold some out for tuning",
            where="tune",
            got=count,
            allowed=f"{_LEAST} or more",
        )
    # Of the training set alone: settings chosen on test images would make the accuracies of the
    # table too good.
    validation = min(MOST_VALIDATION, count // _VALIDATION_SHARE)
    left = count - validation
    if images is not None and not 1 <= images <= left:
        raise InputError(
            "not that many images for a trial",
            where="tune_images",
            got=images,
            allowed=f"1 to {left} ({validation} of {count} are held out)",
        )
    return Split(min(MOST_IMAGES, left) if images is None else images, validation, seed)
