"""Short trainings on devices that age, for tests: their accuracy is nothing, their bits are."""

from __future__ import annotations

from archsim.training.loop import train
from archsim.training.settings import TrainingSettings, read_settings
from tests.training_runs import NETWORK, digits

IMAGES = 60


def aged_settings(changes: dict | None = None, **device: float) -> TrainingSettings:
    """Settings of a training of one epoch, an image a second; `device` has the parameters."""
    values = {
        "device": "gokmen2016",
        "device_settings": device,
        "epochs": 1,
        "maintenance_images": 20,
        "seconds_per_image": 1.0,
        "seed": 3,
    }
    return read_settings(values | (changes or {}))


def train_aged(changes: dict | None = None, **device: float):
    """The training of `aged_settings` on a few digits."""
    return train(NETWORK, digits(IMAGES, 30), aged_settings(changes, **device))
