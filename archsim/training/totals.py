"""Sums over a training: the mean activity of its epochs, and what its devices had to bear."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from archsim.trace import Activity, Trace

if TYPE_CHECKING:
    from archsim.training.result import TrainingResult

_A_SLOT = ("row_pulses", "column_pulses")


def mean_activities(
    history: Sequence[Mapping[tuple[str, str], Activity]],
) -> dict[tuple[str, str], Activity]:
    """Activity by (layer, phase) over all epochs, which have the same number of images: means, of
    pulses a slot weighted by the slots.
    """
    means = {}
    for key in history[0]:
        epochs = [activities[key] for activities in history]
        slots = sum(activity.train_length for activity in epochs)
        values = {}
        for field in dataclasses.fields(Activity):
            if field.name == "source":
                continue
            if field.name in _A_SLOT and slots:
                values[field.name] = (
                    sum(
                        getattr(activity, field.name) * activity.train_length for activity in epochs
                    )
                    / slots
                )
            else:
                values[field.name] = sum(
                    getattr(activity, field.name) for activity in epochs
                ) / len(epochs)
        means[key] = Activity(source="measured", **values)
    return means


def writes_of(trained: TrainingResult, trace: Trace) -> dict[str, dict]:
    """Pulses (rpu) or programming operations a device had in the whole training, by layer and under
    "" of all: mean, maximum, histogram (edges, counts); none where no weights are on arrays.
    """
    if trace.matrices:
        return trained.writes
    return {"": {"mean": 0.0, "maximum": 0, "histogram": {"edges": [], "counts": []}}}
