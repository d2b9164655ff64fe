"""How long an image of a training takes on its chip, where the devices ask for it: known before the
first image, from a timed step with the assumed activity.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archsim.devices.ageing import drifts
from archsim.devices.presets import load_device
from archsim.run.simulation import simulate
from archsim.training.by_layer import device_name
from archsim.training.settings import TrainingSettings, device_of

if TYPE_CHECKING:
    from archsim.chip.config import Architecture
    from archsim.schemes.base import Scheme
    from archsim.trace import Trace

STEP_IMAGES = 16
"""Images at least that the chip is simulated for, so that a few retries an image count in cycles."""


def needs_clock(settings: TrainingSettings) -> bool:
    """Whether something in this training goes by simulated time."""
    # layers on cores of a kind may have devices of their own
    named = {device_of(settings), *(device_name(settings, layer) for layer in settings.cores)}
    return any(
        settings.maintenance_s or drifts(load_device(device, settings.device_settings))
        for device in sorted(named - {""})
    )


def seconds_per_image(trace: Trace, chip: Architecture, scheme: Scheme) -> float:
    """Seconds of an image of a training step on a chip, mean over at least `STEP_IMAGES` images.

    Raises:
        InputError: for a step that does not fit the chip.
    """
    through = trace.batch * -(-STEP_IMAGES // trace.batch)
    seconds = simulate(trace, chip, scheme, images=through, setup=False).latency_per_image_s
    if seconds is None:
        raise RuntimeError("a timed step has no time")
    return float(seconds)


def with_clock(
    settings: TrainingSettings, trace: Trace, chip: Architecture, scheme: Scheme
) -> tuple[TrainingSettings, list[str]]:
    """The settings of a training with the time of an image on its chip, where something goes by it
    and nobody named it, and a note that says so.
    """
    if settings.seconds_per_image or not needs_clock(settings):
        return settings, []
    seconds = seconds_per_image(trace, chip, scheme)
    return settings.model_copy(update={"seconds_per_image": seconds}), [
        f"devices age by simulated time: an image takes {seconds:.4g} s on {chip.name}, from a step with "
        "assumed activity (training.seconds_per_image names another)"
    ]
