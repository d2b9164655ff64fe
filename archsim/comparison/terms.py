"""What is the same for every scheme of a comparison, as it is asked for and as compare.json says it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from archsim.comparison.split import Split
from archsim.comparison.variants import Variant
from archsim.devices.presets import load_device
from archsim.run.first_weights import first_inputs
from archsim.training.settings import EXACT_WORDS
from hwlib.errors import InputError

if TYPE_CHECKING:
    from archsim.chip.config import Architecture
    from archsim.training.first_state import FirstWeights
    from workloads.datasets import Dataset

FORMAT_FIELDS = ("vector_unit.format", "read.output_bits")
"""Fields of a chip that say in which numbers it computes."""


@dataclass(frozen=True)
class Terms:
    """The terms of a comparison.

    Args:
        epochs: times through the data.
        images: of the training part, the first so many; None for all.
        batch: images of a step; None for what each scheme suggests.
        rate: learning rate; None for what each suggests, or tuning chooses.
        device: of every scheme on arrays; None for each one's own.
        seed: the first seed.
        seeds: how many trainings each scheme gets, of seed, seed + 1, ...
        split: the part of the training set that tuning sees; None without tuning.
        trials: trainings that tuning gives each scheme.
        node_nm: node of the prices; None for the chip's own.
        first: weights that every training begins with; None for random ones.
    """

    epochs: int = 1
    images: int | None = None
    batch: int | None = None
    rate: float | None = None
    device: str | None = None
    seed: int = 0
    seeds: int = 1
    split: Split | None = None
    trials: int = 0
    node_nm: float | None = None
    first: FirstWeights | None = None

    def stated(self, chip: Architecture, data: Dataset) -> dict[str, Any]:
        """The terms as compare.json holds them.

        Args:
            chip: whose number format is stated.
            data: as every scheme is trained on it and tested with it.
        """
        tuning = None
        if self.split is not None and self.trials:
            tuning = {
                "trials": self.trials,
                "images": self.split.images,
                "validation_images": self.split.validation,
            }
        return {
            "epochs": self.epochs,
            "images": len(data.train_labels),
            "test_images": len(data.test_labels),
            "classes": data.classes,
            "chance_percent": chance_percent(data),
            "batch": self.batch,
            "learning_rate": self.rate,
            "device": self.device,
            "seed": self.seed,
            "seeds": self.seeds,
            "tuning": tuning,
            "number_format": number_format(chip),
            # only where it is so: comparisons from before say nothing of it
            **first_inputs(self.first),
        }


def check_terms(variants: Sequence[Variant], terms: Terms) -> None:
    """Refuse terms that contradict what a variant names, and a device that there is none of.

    Raises:
        InputError: with the label, or the nearest device.
    """
    if terms.device is not None and terms.device not in EXACT_WORDS:
        load_device(terms.device)
    for variant in variants:
        if terms.device is not None and variant.device is not None:
            raise InputError(
                f"the device is asked to be {terms.device} for all schemes",
                where=f"schemes: {variant.label}",
                got=variant.device,
            )
        for name, value in (("batch", terms.batch), ("learning_rate", terms.rate)):
            if value is not None and name in variant.training:
                raise InputError(
                    f"training.{name} is asked to be {value:g} for all schemes",
                    where=f"schemes: {variant.label}",
                    got=variant.training[name],
                )


def number_format(chip: Architecture) -> dict[str, Any]:
    """The fields of FORMAT_FIELDS with their values."""
    formats: dict[str, Any] = {}
    for path in FORMAT_FIELDS:
        block, field = path.split(".")
        formats[path] = getattr(getattr(chip, block), field)
    return formats


def chance_percent(data: Dataset) -> float:
    """The accuracy of one answer to all test images, that of the most frequent class."""
    labels = np.asarray(data.test_labels)
    counts = np.bincount(labels.reshape(-1))
    return 100.0 * float(counts.max()) / labels.size
