"""Settings of a training that are off their default and that its rule does not read, each with the
reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from archsim.basics.fields import changed_fields
from archsim.kernels.number_formats import BITS
from archsim.operators.vocabulary import operator_of
from archsim.schemes.shared.words import Arithmetic
from archsim.training.schedule import unused_of_schedule
from archsim.training.sections import GENERATOR_FIELDS
from archsim.training.settings import CORE_RULES, TrainingSettings, device_of, scheme_of
from archsim.training.setup import managed, read_by_training

if TYPE_CHECKING:
    from archsim.chip.config import Architecture
    from archsim.schemes.base import Scheme
    from workloads.network import Network

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


def left_by_both(
    unused: Mapping[str, str],
    chip: Architecture,
    scheme: Scheme,
    settings: TrainingSettings,
    network: Network | None = None,
) -> dict[str, str]:
    """Field -> why neither a training nor the silicon of its steps, which left `unused`, read it."""
    read = read_by_training(chip, scheme, settings, network)
    left = {path: why for path, why in unused.items() if path not in read}
    return left | unused_in_training(settings, network) | _unused_of_scheme(scheme, settings)


def _without_statistics(settings: TrainingSettings, network: Network) -> dict[str, str]:
    """Why nothing reads how far running statistics reach, where no layer has some."""
    layers = network.layers
    if not settings.statistics_images or any(
        operator_of(item).words(item).forth for item in layers
    ):
        return {}
    return {"training.statistics_images": "no layer of the network has running statistics"}


def unused_in_training(
    settings: TrainingSettings, network: Network | None = None
) -> dict[str, str]:
    """`training.FIELD` -> why nothing read it, on a `network` where it is known. What the program
    itself sets for a digital baseline is not counted.
    """
    unread = {} if network is None else _without_statistics(settings, network)
    for path in changed_fields(settings):
        left_out = path in _OF_THE_MACHINE or path in _OF_THE_CHIP
        reason = "" if left_out else _reason(path, settings)
        if reason:
            unread[f"training.{path}"] = reason
    return unread


def _unused_of_scheme(scheme: Scheme, settings: TrainingSettings) -> dict[str, str]:
    """`scheme.FIELD` -> why the rule has no use for it on the devices of this training."""
    from archsim.devices.presets import load_device

    name = device_of(settings)
    device = set(load_device(name, settings.device_settings).values) if name else None
    unread = scheme.unused_on(device) - scheme.unused
    why = "the scheme does not use it on this device" if name else "weights are exact"
    return {f"scheme.{path}": why for path in changed_fields(scheme) if path in unread}


def _reason(path: str, settings: TrainingSettings) -> str:
    section = path.split(".")[0]
    devices = device_of(settings)
    if section == "digital":
        return _unread_digital(path, Arithmetic(**settings.digital.model_dump()))
    if section == "schedule":
        return unused_of_schedule(settings.schedule).get(path.split(".")[1], "")
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
    if path in ("read.noise_management", "read.bound_management"):
        return _unread_management(path.split(".")[1], settings)
    if section == "update" and settings.rule != "rpu":
        return "the scheme has an update of its own"
    if not devices and section in ("update", "device_settings", *_OF_UPKEEP, *_OF_TIME):
        return "weights are exact, without devices"
    if section in (*_OF_UPKEEP, *_OF_TIME):
        return _reason_of_time(section, settings, devices)
    return ""


def _unread_management(name: str, settings: TrainingSettings) -> str:
    """Why it makes no difference that another direction is managed than by default."""
    backwards = settings.rule in CORE_RULES or scheme_of(settings).transposed_read
    default = type(settings.read).model_fields[name].default
    now = managed(getattr(settings.read, name), backwards)
    same = now == managed(default, backwards)
    return "errors go back through the vector unit, which nothing manages" if same else ""


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
