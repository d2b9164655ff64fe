"""What a machine is refused for before its first image: settings that each are allowed and that do
not go together on these arrays.
"""

from __future__ import annotations

from archsim.devices.ageing import drifts
from archsim.devices.device import Device
from archsim.schemes.base import Scheme
from archsim.schemes.rule import UpdateRule
from archsim.training.settings import TrainingSettings
from archsim.training.table import Program
from hwlib.errors import InputError

MOST_VALUES = 2**29  # of all images of a batch: two gigabytes


def require_clock(settings: TrainingSettings, device: Device | None) -> None:
    """Refuse a device that ages by the clock where nobody knows how long an image takes.

    Raises:
        InputError: naming the setting that says it.
    """
    # With no time the device would stand still without a word.
    if device is not None and drifts(device) and not settings.seconds_per_image:
        raise InputError(
            "this device drifts or forgets with time, and how long an image takes is not known",
            where="training.seconds_per_image",
            got=0,
            hint="archsim.train takes it from its chip; name it here",
        )


def require_same_trainer(scheme: Scheme | None, rule: UpdateRule | None, program: Program) -> None:
    """Refuse a scheme whose two faces disagree on who trains digital biases: its price would be
    that of another machine.

    Raises:
        InputError: naming the face that is wrong.
    """
    if scheme is None or rule is None or not program.biases:
        return
    if scheme.trains_biases != rule.trains_biases:
        raise InputError(
            "the scheme and its rule disagree on who trains digital biases",
            where=f"{type(scheme).__name__}.trains_biases",
            got=scheme.trains_biases,
            allowed=f"{rule.trains_biases}, as its rule says",
        )


def require_memory(settings: TrainingSettings, program: Program) -> None:
    """Refuse a mini-batch whose values do not go into the memory of a workstation.

    Raises:
        InputError: with the most images that do.
    """
    if settings.batch * program.memory > MOST_VALUES:
        raise InputError(
            "too many values of a batch to keep",
            where="training.batch",
            got=settings.batch,
            allowed=f"up to {MOST_VALUES // max(1, program.memory)} images of this network",
        )


def require_free_rate(rule: UpdateRule | None, where: str, got: object, allowed: str) -> None:
    """Refuse another learning rate where it is part of the update rule's machine.

    Raises:
        InputError: at `where`.
    """
    if rule is not None and not rule.follows_rate:
        raise InputError(
            "the learning rate of this update rule is part of its machine and cannot change",
            where=where,
            got=got,
            allowed=allowed,
        )
