"""Settings of a training run: frozen, validated, written into every checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from hwlib.effects import BETTER, COMPUTED, OTHER_MACHINE, OTHER_WORK, WORSE, Effects
from hwlib.errors import InputError, nearest

if TYPE_CHECKING:
    from archsim.schemes.base import Scheme

CORE_RULES = ("rpu", "float")
"""Rules that are compiled into the training core; every other rule is a scheme's own."""
GENERATOR_FIELDS = ("source", "resolution", "sharing", "bits_per_cycle")
"""Fields of `update` that on a chip are those of its `bitstream`."""
EXACT_WORDS = ("exact", "none")
"""What names a training without devices; the second is the earlier word."""
STANDARD_DEVICE = "bulk_rram"
"""What a chip's `weights.device` is by default."""
_RESUMED = Effects(nothing="a run that goes on from a checkpoint ends with the same bits")
_THREADS = Effects(nothing="no result depends on the number of threads")
Direction = Literal["off", "forward", "backward", "both"]


class _Settings(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, use_attribute_docstrings=True
    )


class ReadSettings(_Settings):
    """Periphery of the reads: bounds and noises (standard deviations) in units of input and of
    weight x input. 0 bits: no rounding; output_bound 0: none. Defaults are aihwkit's, with noise
    management backward and bound management forward (Gokmen 2017).
    """

    input_bits: Annotated[int, BETTER] = Field(default=7, ge=0, le=16)
    """Bits of an input; 0: no rounding."""
    input_bound: Annotated[float, COMPUTED] = Field(default=1.0, gt=0)
    """Largest input that the converter takes."""
    input_noise: Annotated[float, WORSE] = Field(default=0.0, ge=0)
    """Standard deviation of the noise of an input."""
    output_bits: Annotated[int, BETTER] = Field(default=9, ge=0, le=16)
    """Bits of an output; 0: no rounding."""
    output_bound: Annotated[float, COMPUTED] = Field(default=12.0, ge=0)
    """Largest output, in units of weight × input; 0: none."""
    output_noise: Annotated[float, WORSE] = Field(default=0.06, ge=0)
    """Standard deviation of the noise of an output, in units of weight × input."""
    noise_management: Annotated[Direction, COMPUTED] = "backward"
    """Reads whose inputs are scaled by their largest value."""
    bound_management: Annotated[Direction, COMPUTED] = "forward"
    """Reads that are repeated with half the input where an output saturates."""
    slot_bits: Annotated[int, COMPUTED] = Field(default=0, ge=0, le=16)
    """Bits of an input that one conversion takes, shifted and added to those of the others; 0: one
    conversion for all.
    """
    weight_bits: Annotated[int, COMPUTED] = Field(default=0, ge=0, le=24)
    """Bits of a weight that is held in slices of `cell_bits`; 0: not sliced."""
    cell_bits: Annotated[int, COMPUTED] = Field(default=0, ge=0, le=16)
    """Bits of a slice, whose column is converted, shifted and added to the others; 0: not sliced."""

    @model_validator(mode="after")
    def _converters(self) -> ReadSettings:
        if self.input_bits == 1 or self.output_bits == 1:
            raise ValueError("a converter has 0 (no rounding) or at least 2 bits")
        if self.output_bits and not self.output_bound:
            raise ValueError("an output converter that rounds needs output_bound > 0")
        if self.slot_bits and not self.input_bits:
            raise ValueError("slots of an input are bits of its code: slot_bits needs input_bits")
        if bool(self.weight_bits) != bool(self.cell_bits) or self.weight_bits == 1:
            raise ValueError("slices need weight_bits of at least 2 and cell_bits, or neither")
        return self


class LayerTiles(_Settings):
    """The tiles that a layer is split over: blocks of so many of its inputs and outputs, each with
    converters of its own; what they give for one output is added digitally.
    """

    inputs: Annotated[int, COMPUTED] = Field(default=0, ge=0, le=65536)
    """Inputs of a tile: the chip's `tile.rows`; 0: all."""
    outputs: Annotated[int, COMPUTED] = Field(default=0, ge=0, le=65536)
    """Outputs of a tile: weights beside each other in its columns; 0: all."""
    bias: Annotated[Literal["digital", "row"], COMPUTED] = "row"
    """Whether the bias is a line of the tiles, or takes none: it is then read with the last tile."""


class UpdateSettings(_Settings):
    """The pulsed update in the array."""

    train_length: Annotated[int, COMPUTED] = Field(default=31, ge=1, le=64)
    """Slots of a pulse train."""
    update_management: Annotated[bool, COMPUTED] = True
    """Probabilities of rows and columns are balanced by the largest input and error."""
    length_management: Annotated[bool, COMPUTED] = True
    """Trains are as short as the largest product allows."""
    deterministic: Annotated[bool, COMPUTED] = False
    """Evenly spread pulses in place of random ones; their coincidences are the product in the mean
    over updates.
    """
    source: Annotated[Literal["ideal", "lfsr", "sobol"], COMPUTED] = "ideal"
    """Where random pulses come from; on a chip its `bitstream.source`."""
    resolution: Annotated[int, COMPUTED] = Field(default=8, ge=3, le=16)
    """Bits of a level and of the numbers that it is compared with; on a chip its
    `bitstream.resolution`.
    """
    sharing: Annotated[Literal["line", "side", "tile", "chip"], COMPUTED] = "line"
    """What has a generator of its own; on a chip its `bitstream.sharing`."""
    bits_per_cycle: Annotated[int, COMPUTED] = Field(default=64, ge=1, le=65536)
    """Generators of a block for all arrays; on a chip its `bitstream.bits_per_cycle`."""


class DigitalSettings(_Settings):
    """Arithmetic of the digital side: gradients, moments, accumulators, stored activations and
    errors. On a chip it is that of its lanes and of the values it stores.
    """

    format: Annotated[Literal["int8", "int16", "int32", "fp16", "bf16", "fp32"], COMPUTED] = "fp32"
    """Number format of a lane and of a word of training state; fp32 rounds nothing."""
    rounding: Annotated[Literal["nearest", "stochastic"], COMPUTED] = "nearest"
    """To the `nearest` number, halves to even, or `stochastic`: by chance, without bias."""
    scale: Annotated[Literal["dynamic", "static"], COMPUTED] = "dynamic"
    """Scale of fixed point, a power of two for each quantity of a layer: `dynamic` doubles where more
    than one value in 10,000 saturates and halves where half the range would do; `static` stays that
    of the first values.
    """
    scale_images: Annotated[int, COMPUTED] = Field(default=1000, ge=1, le=1_000_000_000)
    """Images between two looks at a scale that could be halved."""
    value_bits: Annotated[int, COMPUTED] = Field(default=0, ge=0, le=32)
    """Bits of a stored activation or error, in fixed point with a scale a layer; 0: as `format`."""

    @model_validator(mode="after")
    def _sign(self) -> DigitalSettings:
        if self.value_bits == 1:
            raise ValueError("a stored value has 0 (as the format) or at least 2 bits")
        return self


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
    number of a code). `device`: weight 1 is that of the device's file in every layer. `auto`: 4 for
    devices that are programmed with verify, else `device`.
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
    """Threads of the evaluation; results never depend on it."""

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
