"""Settings of a training run: frozen, validated, written into every checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

from pydantic import BaseModel, Field, ValidationError, model_validator

from archsim.training.augmentation import AugmentationSettings
from archsim.training.schedule import ScheduleSettings
from archsim.training.sections import (
    DigitalSettings,
    LayerCores,
    LayerTiles,
    ReadSettings,
    UpdateSettings,
    _Settings,
)
from hwlib.effects import COMPUTED, OTHER_MACHINE, OTHER_WORK, Effects
from hwlib.errors import InputError, nearest

if TYPE_CHECKING:
    from archsim.schemes.base import Scheme

CORE_RULES = ("rpu", "float")
"""Rules that are compiled into the training core; every other rule is a scheme's own."""
EXACT_WORDS = ("exact", "none")
"""What names a training without devices; the second is the earlier word."""
STANDARD_DEVICE = "bulk_rram"
"""What a chip's `weights.device` is by default."""
_RESUMED = Effects(nothing="a run that goes on from a checkpoint ends with the same bits")
_THREADS = Effects(nothing="no result depends on the number of threads")


class TrainingSettings(_Settings):
    """How a network is trained."""

    rule: Annotated[str, COMPUTED] = "rpu"
    """`rpu`: all three cycles on device arrays; `float`: digital SGD in float32; else the name of a
    scheme.
    """
    scheme_settings: Annotated[dict[str, Any], COMPUTED] = Field(default_factory=dict)
    """Settings of that scheme."""
    learning_rate: Annotated[float, COMPUTED] = Field(default=0.01, gt=0)
    """Learning rate; the loss is the mean over a mini-batch."""
    epochs: Annotated[int, COMPUTED] = Field(default=10, ge=1, le=100_000)
    """Epochs."""
    images_per_epoch: Annotated[int, COMPUTED] = Field(default=0, ge=0, le=1_000_000_000)
    """Images of an epoch, drawn anew without repetition; 0: all."""
    batch: Annotated[int, OTHER_WORK] = Field(default=1, ge=1, le=4096)
    """Images of a mini-batch."""
    schedule: ScheduleSettings = ScheduleSettings()
    """Changes of the learning rate."""
    loss: Annotated[Literal["cross_entropy", "mean_squared"], COMPUTED] = "cross_entropy"
    """`cross_entropy` of a softmax of the scores, or half the `mean_squared` distance of the last
    layer's outputs, a softmax's too, from 1 for the right class and 0 for the others.
    """
    augmentation: AugmentationSettings = AugmentationSettings()
    """What happens to training images by chance."""
    statistics_images: Annotated[int, COMPUTED] = Field(default=0, ge=0, le=1_000_000)
    """Images that the running statistics of batch normalisation reach over; 0: a mini-batch, at
    least 64.
    """
    seed: Annotated[int, COMPUTED] = Field(default=1, ge=0, lt=2**63)
    """Seed of all random numbers."""
    device: Annotated[str, COMPUTED] = "auto"
    """A preset, a law, a device file, `auto` (the rule's own, else the chip's), or `exact` (earlier:
    `none`): weights that no device holds, for reference runs, which have no price.
    """
    device_settings: Annotated[dict[str, float | int | str], COMPUTED] = Field(default_factory=dict)
    """Changes of the device's parameters."""
    weight_range: Annotated[
        Annotated[float, Field(ge=1, le=1000)] | Literal["auto", "device"], COMPUTED
    ] = "auto"
    """Scale of a layer: the range of its devices stands for so many times its largest first weight,
    and the number behind the converter is scaled as much (with the multiplication that makes a
    number of a code). `device`: weight 1 is that of the device's file in every layer. `auto`: for
    devices that are programmed with verify what the rule states (4 for most), else `device`.
    """
    devices_per_weight: Annotated[int | dict[str, int], OTHER_MACHINE] = 1
    """Devices a weight, one number or one a layer; another name of the chip's `weights.replicas`.
    """
    read: ReadSettings = ReadSettings()
    """Periphery of the reads."""
    tiles: Annotated[dict[str, LayerTiles], COMPUTED] = Field(default_factory=dict)
    """Tiles of the layers that the chip splits, by layer; it is the chip that says them
    (`tile.rows`, `tile.columns`). Without a chip, and for layers that are not named, an array is
    read as one.
    """
    cores: Annotated[dict[str, LayerCores], COMPUTED] = Field(default_factory=dict)
    """Converters and devices of layers that lie on a kind of cores with its own, by layer; it is the
    chip that says them (`core.kinds`, `placement.kind`).
    """
    update: UpdateSettings = UpdateSettings()
    """The pulsed update."""
    digital: DigitalSettings = DigitalSettings()
    """Arithmetic of the digital side."""
    evaluate: Annotated[Literal["noisy_arrays", "extracted_weights"], Effects(accuracy="any")] = (
        "noisy_arrays"
    )
    """The test is on the arrays as they read, with noise, or on the weights taken out of them."""
    initial_scale: Annotated[float, COMPUTED] = Field(default=1.0, gt=0)
    """First weights are uniform in ± this / sqrt(inputs of a column, bias included), clipped by the
    devices.
    """
    maintenance_images: Annotated[int, COMPUTED] = Field(default=100, ge=1)
    """Images between two times that devices are refreshed and aged, where the device asks for it.
    """
    seconds_per_image: Annotated[float, COMPUTED] = Field(default=0.0, ge=0, le=1e9)
    """Simulated time of an image in s, by which devices drift, forget and are looked at: a run takes
    it from its chip; 0: not known.
    """
    maintenance_s: Annotated[float, COMPUTED] = Field(default=0.0, ge=0, le=1e12)
    """Simulated time between two times that devices are refreshed and aged, in s, in place of
    `maintenance_images`; 0: those.
    """
    test_after_s: Annotated[float, Effects(accuracy="any")] = Field(default=0.0, ge=0, le=1e12)
    """Simulated time in s after which the trained weights are tested once more, untouched; 0: not.
    """
    checkpoint_images: Annotated[int, _RESUMED] = Field(default=20_000, ge=1)
    """Images between two checkpoints."""
    threads: Annotated[int, _THREADS] = Field(default=1, ge=1, le=64)
    """Threads that share the images of a mini-batch, the arrays of its updates, and the images of a
    test; results never depend on it. Arrays go one by one where one block of generators serves the
    chip, and in an update rule of your own that does not say that its layers are apart.
    """

    @model_validator(mode="after")
    def _copies(self) -> TrainingSettings:
        numbers = (
            self.devices_per_weight.values()
            if isinstance(self.devices_per_weight, dict)
            else [self.devices_per_weight]
        )
        if any(not 1 <= number <= 64 for number in numbers):
            raise ValueError("devices_per_weight is 1 to 64")
        return self

    @model_validator(mode="after")
    def _settings_of_the_rule(self) -> TrainingSettings:
        if self.rule == "float" and self.digital.format != "fp32":
            raise ValueError(
                f"the rule float computes in fp32; the rule sgd computes in {self.digital.format}"
            )
        if self.rule in CORE_RULES and self.scheme_settings:
            raise ValueError(
                f"the rule {self.rule} of the training core has no scheme_settings (its own are in update.*)"
            )
        return self


def images_between(settings: TrainingSettings) -> int:
    """Images between two times that devices are refreshed and aged: at least one. Raises
    InputError where that is said in seconds and nobody knows how long an image takes.
    """
    if not settings.maintenance_s:
        return settings.maintenance_images
    if not settings.seconds_per_image:
        raise InputError(
            "how long an image takes is not known",
            where="training.seconds_per_image",
            got=0,
            hint="archsim.train takes it from its chip; name it here",
        )
    return min(max(1, round(settings.maintenance_s / settings.seconds_per_image)), 10**9)


def device_of(settings: TrainingSettings) -> str:
    """The device that a run trains on: "" for exact weights, of a reference run or off the arrays.

    A rule that names none takes the chip's, which `setup.settings_of` enters here; without a chip
    it is the one that a chip has by default.
    """
    if settings.device in EXACT_WORDS or off_arrays(settings):
        return ""
    if settings.device != "auto":
        return settings.device
    return "gokmen2016" if settings.rule == "rpu" else scheme_of(settings).device or STANDARD_DEVICE


def off_arrays(settings: TrainingSettings) -> bool:
    """Whether the weights are on no array, so that nothing is read through converters."""
    if settings.rule in CORE_RULES:
        return settings.rule == "float"
    return scheme_of(settings).digital_baseline


def verified_range(settings: TrainingSettings) -> float:
    """The range of devices that verify in a layer's largest first weight, as the rule states it."""
    if settings.rule in CORE_RULES:
        from archsim.schemes.base import Scheme

        return Scheme.verified_range
    return scheme_of(settings).verified_range


def is_reference(settings: TrainingSettings, scheme: Scheme) -> bool:
    """Whether weights that `scheme` has on arrays were trained without devices: no silicon does
    that.
    """
    return not scheme.digital_baseline and not device_of(settings)


def scheme_of(settings: TrainingSettings) -> Scheme:
    """The scheme of a run whose rule is neither "rpu" nor "float". Raises InputError."""
    from archsim.schemes import load_scheme

    return load_scheme(settings.rule, settings.scheme_settings)


def _words_of(model: type[BaseModel], name: str) -> list[str]:
    """The words that a field takes; none where it takes others than words."""
    field = model.model_fields.get(name)
    given = get_args(field.annotation) if field is not None else ()
    return [word for word in given if isinstance(word, str)]


def read_settings(values: Mapping[str, Any], where: str = "training") -> TrainingSettings:
    """Settings from a dict as a TOML file gives it. Raises InputError for the first fault, with its
    path and the nearest name.
    """
    try:
        return TrainingSettings.model_validate(dict(values))
    except ValidationError as error:
        fault = error.errors()[0]
        path = [str(step) for step in fault["loc"]]
        sections: dict[str, type[_Settings]] = {
            "read": ReadSettings,
            "update": UpdateSettings,
            "digital": DigitalSettings,
            "schedule": ScheduleSettings,
            "augmentation": AugmentationSettings,
            "tiles": LayerTiles,
            "cores": LayerCores,
        }
        model = sections.get(path[0] if path else "", TrainingSettings)
        known = sorted(model.model_fields)
        unknown = fault["type"] == "extra_forbidden"
        words = _words_of(model, path[-1] if path else "")
        raise InputError(
            "unknown field" if unknown else fault["msg"].removeprefix("Value error, "),
            where=".".join([where, *path]),
            got=None if unknown else fault["input"],
            allowed=known if unknown else words or None,
            hint=nearest(path[-1], known) if unknown else nearest(str(fault["input"]), words),
        ) from None
