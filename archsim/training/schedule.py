"""The learning rate of a mini-batch: warm-up, then constant, by steps or along a cosine."""

from __future__ import annotations

import math
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from archsim.training.sections import _Settings
from hwlib.effects import COMPUTED


class ScheduleSettings(_Settings):
    """How the learning rate changes over a training."""

    shape: Annotated[Literal["constant", "step", "cosine"], COMPUTED] = "constant"
    """`constant`; `step`: times `factor` after every `every_epochs`; `cosine`: from the learning rate
    down to `last` of it at the end of the last epoch (Loshchilov & Hutter 2017, arXiv 1608.03983).
    """
    warm_up_epochs: Annotated[float, COMPUTED] = Field(default=0.0, ge=0, le=100_000)
    """Epochs in which the rate rises from 0 in a straight line, before the shape begins."""
    every_epochs: Annotated[float, COMPUTED] = Field(default=10.0, gt=0, le=100_000)
    """Epochs between two steps."""
    factor: Annotated[float, COMPUTED] = Field(default=0.5, gt=0, le=1)
    """What the rate is multiplied with at a step."""
    last: Annotated[float, COMPUTED] = Field(default=0.0, ge=0, le=1)
    """Share of the rate at the end of a cosine."""

    @property
    def is_constant(self) -> bool:
        """Whether the rate never changes."""
        return self.shape == "constant" and not self.warm_up_epochs


class Schedule(NamedTuple):
    """The rate by the number of a mini-batch's first image, of a training of so many epochs."""

    settings: ScheduleSettings
    rate: float
    images_per_epoch: int
    batch: int
    epochs: int

    def rate_at(self, image: int) -> float:
        """The learning rate of the mini-batch that begins with image number `image`."""
        settings = self.settings
        epoch = image / self.images_per_epoch
        if epoch < settings.warm_up_epochs:
            # the first mini-batch has a part of the rate too, the last one all of it
            end = settings.warm_up_epochs * self.images_per_epoch
            return self.rate * min(1.0, (image + self.batch) / end)
        since = epoch - settings.warm_up_epochs
        if settings.shape == "step":
            # Of the epochs behind the warm-up, so that a longer warm-up shifts the steps and skips
            # none.
            return self.rate * settings.factor ** math.floor(since / settings.every_epochs)
        if settings.shape == "cosine":
            span = max(self.epochs - settings.warm_up_epochs, 1e-9)
            share = 0.5 * (1 + math.cos(math.pi * min(1.0, since / span)))
            return self.rate * (settings.last + (1 - settings.last) * share)
        return self.rate


def unused_of_schedule(settings: ScheduleSettings) -> dict[str, str]:
    """Field -> why nothing reads it, of those that another shape would read."""
    readers = {"every_epochs": "step", "factor": "step", "last": "cosine"}
    return {
        name: f"the learning rate is {settings.shape}"
        for name, shape in readers.items()
        if settings.shape != shape
    }
