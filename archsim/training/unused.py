"""Settings of a training that are off their default and that its rule does not read, each with the
reason.
"""

from __future__ import annotations

from archsim.basics.fields import changed_fields
from archsim.kernels.number_formats import BITS
from archsim.schemes.shared.words import Arithmetic
from archsim.training.sections import GENERATOR_FIELDS
from archsim.training.settings import TrainingSettings, device_of

_OF_UPKEEP = ("maintenance_images", "maintenance_s")
_OF_TIME = ("seconds_per_image", "test_after_s")
_OF_THE_MACHINE = (
    "rule",
    "epochs",
    "batch",
    "seed",
    "threads",
    "checkpoint_images",
    "scheme_settings",
    "device",
)
# A result names the chip's own fields instead.
_OF_THE_CHIP = tuple(f"update.{name}" for name in GENERATOR_FIELDS)


def unused_in_training(settings: TrainingSettings) -> dict[str, str]:
    """`training.FIELD` -> why nothing read it. What the program itself sets for a digital baseline
    is not counted.
    """
    unread = {}
    for path in changed_fields(settings):
        left_out = path in _OF_THE_MACHINE or path in _OF_THE_CHIP
        reason = "" if left_out else _reason(path, settings)
        if reason:
            unread[f"training.{path}"] = reason
    return unread


def _reason(path: str, settings: TrainingSettings) -> str:
    section, devices = path.split(".")[0], device_of(settings)
    if section == "digital":
        return _unread_digital(path, Arithmetic(**settings.digital.model_dump()))
    if settings.rule == "float":
        if section in (
            "update",
            "device_settings",
            "maintenance_images",
            "maintenance_s",
            "seconds_per_image",
            "test_after_s",
            "evaluate",
            "devices_per_weight",
        ):
            return "the digital baseline has no devices and reads exactly"
        return ""
    if section == "update" and settings.rule != "rpu":
        return "the scheme has an update of its own"
    if not devices and section in ("update", "device_settings", *_OF_UPKEEP, *_OF_TIME):
        return "weights are exact, without devices"
    if section in (*_OF_UPKEEP, *_OF_TIME):
        return _reason_of_time(section, settings, devices)
    return ""


def _unread_digital(path: str, arithmetic: Arithmetic) -> str:
    """Formats and bits are those of a chip, which prices them; how they round needs rounding."""
    if path == "digital.rounding" and arithmetic.exact:
        return "fp32 rounds nothing"
    fixed = arithmetic.word_form[BITS] or arithmetic.value_form[BITS]
    if path.startswith("digital.scale") and not fixed:
        return "nothing is kept in fixed point"
    if path == "digital.scale_images" and arithmetic.scale == "static":
        return "scales stay those of the first values"
    return ""


def _reason_of_time(section: str, settings: TrainingSettings, devices: str) -> str:
    """Why a setting of the upkeep or of simulated time moves nothing on this device."""
    from archsim.devices.ageing import counts_batches, drifts, is_disturbed
    from archsim.devices.presets import load_device

    device = load_device(devices, settings.device_settings)
    timed = drifts(device)
    kept_up = (
        timed
        or is_disturbed(device)
        or counts_batches(device)
        or (device.paired and "refresh_upper" in device.values)
    )
    if section in _OF_UPKEEP and not kept_up:
        return "the device is neither refreshed nor ages"
    if section == "maintenance_images" and settings.maintenance_s:
        return "training.maintenance_s says it"
    if section == "seconds_per_image" and not timed and not (settings.maintenance_s and kept_up):
        return "the device does not age with time"
    if section == "test_after_s" and not timed:
        return "the device does not age with time"
    return ""
