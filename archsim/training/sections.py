"""The sections of a training's settings: reads, tiles, updates, digital words."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from hwlib.effects import BETTER, COMPUTED, WORSE

GENERATOR_FIELDS = ("source", "resolution", "sharing", "bits_per_cycle")
"""Fields of `update` that on a chip are those of its `bitstream`."""
Direction = Literal["off", "forward", "backward", "both"]


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


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
    bound_management: Annotated[Direction, COMPUTED.as_limit()] = "forward"
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
        # One bit of a signed code is its sign alone, and leaves no level to round to.
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
    converters of its own, and the groups of lines in which a tile converts; what they give for one
    output is added digitally.
    """

    inputs: Annotated[int, COMPUTED] = Field(default=0, ge=0, le=65536)
    """Inputs of a tile: the chip's `tile.rows`; 0: all."""
    outputs: Annotated[int, COMPUTED] = Field(default=0, ge=0, le=65536)
    """Outputs of a tile: weights beside each other in its columns; 0: all."""
    inputs_together: Annotated[int, COMPUTED] = Field(default=0, ge=0, le=65536)
    """Inputs of a tile that are driven and converted together, groups of them in turn: the chip's
    `read.rows_active` where it accumulates digitally; 0: all.
    """
    outputs_together: Annotated[int, COMPUTED] = Field(default=0, ge=0, le=65536)
    """The same of the outputs that a backward read drives; 0: all."""
    bias: Annotated[Literal["digital", "row"], COMPUTED] = "row"
    """Whether the bias is a line of the tiles with devices of its own, or a digital word, which no
    device holds: it is added behind the converters and updated digitally.
    """


class LayerCores(_Settings):
    """What the arrays of a layer have otherwise than `read` and `device` say: that of the kind of
    cores on which the chip has it (`core.kinds`).
    """

    output_bits: Annotated[int | None, BETTER] = Field(default=None, ge=2, le=16)
    """Bits of an output: the kind's `read.adc_bits`."""
    slot_bits: Annotated[int | None, COMPUTED] = Field(default=None, ge=0, le=16)
    """Bits of an input that one conversion takes; 0: one conversion for all."""
    device: Annotated[str | None, COMPUTED] = None
    """Device of the weights: the kind's `weights.device`."""


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
