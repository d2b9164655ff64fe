"""Settings of a tile: what it holds, and the physics of its reads."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from archsim.chip.section import Bits, Count, Replicas, Section
from archsim.devices.presets import find_preset
from hwlib.effects import COMPUTED, OTHER_MACHINE, WORSE, Effects


class TileSettings(Section):
    """One crossbar with its periphery."""

    rows: Annotated[int, Field(ge=1, le=65536), OTHER_MACHINE]
    """Word lines of one crossbar: inputs of a read."""
    columns: Annotated[int, Field(ge=1, le=65536), OTHER_MACHINE]
    """Bit lines of one crossbar."""
    count: Annotated[
        Count | Literal["auto"],
        # fewer loads and passes on a chip that is too small (`execution.reload`)
        Effects(area="up", energy="any", time="down", admits=True),
    ] = "auto"
    """Tiles on the chip; `auto`: as many as the network needs."""
    clock_gating: Annotated[bool, Effects(energy="down")] = True
    """The clock reaches a tile's registers and sequencer only while the tile works."""

    @property
    def cells(self) -> int:
        """Cells of one tile."""
        return self.rows * self.columns


class WeightSettings(Section):
    """How a signed weight becomes cells."""

    mapping: Annotated[Literal["differential", "reference_column", "bit_slices"], OTHER_MACHINE] = (
        "differential"
    )
    """How a signed weight becomes cells: `differential`, two columns a weight, subtracted after
    conversion; `reference_column`, one column a weight and `reference_columns` a tile;
    `bit_slices`, ceil(bits / cell_bits) columns, offset-coded, shifted and added; the offset times
    the sum of the inputs, which each tile adds up, is taken off every weight's result.
    """
    bits: Annotated[Bits, Effects(area="up", energy="up", time="any", accuracy="up")] = 8
    """Bits of a stored weight."""
    cell_bits: Annotated[
        int, Field(ge=1, le=10), Effects(area="down", energy="any", time="any", accuracy="any")
    ] = 4
    """Bits that one cell holds, where weights are sliced."""
    reference_columns: Annotated[
        int, Field(ge=1, le=64), Effects(area="up", energy="up", time="any", accuracy="any")
    ] = 1
    """Columns of a tile that carry the reference of `reference_column`."""
    replicas: Annotated[Replicas, Effects(area="up", energy="up", time="any", accuracy="up")] = 1
    """Devices that carry one weight; their outputs are averaged."""
    layer_replicas: Annotated[dict[str, Replicas], OTHER_MACHINE] = Field(default_factory=dict)
    """Devices a weight of single layers, by the layer's name."""
    bias: Annotated[Literal["digital", "row"], OTHER_MACHINE] = "digital"
    """A bias is a `digital` addition behind the converter, or a `row` of the array."""

    device: Annotated[str, Field(min_length=1, max_length=4000), COMPUTED] = "bulk_rram"
    """Device that carries the weights where an update rule names none of its own: a preset, a law
    or a device file.
    """

    @field_validator("device")
    @classmethod
    def _known_device(cls, name: str) -> str:
        # A file is looked at by the training that opens it.
        if name != "bulk_rram" and not name.endswith(".toml"):
            find_preset(name)
        return name

    def replicas_of(self, matrix: str) -> int:
        """Devices that carry one weight of a layer, and of the layer's further arrays,
        `<layer>.<what>`.
        """
        if matrix in self.layer_replicas or not self.layer_replicas:
            return self.layer_replicas.get(matrix, self.replicas)
        owners = [layer for layer in self.layer_replicas if matrix.startswith(f"{layer}.")]
        return self.layer_replicas[max(owners, key=len)] if owners else self.replicas

    def columns_of(self, matrix: str) -> int:
        """Physical columns that one weight of a layer takes."""
        each = {"differential": 2, "bit_slices": -(-self.bits // self.cell_bits)}.get(
            self.mapping, 1
        )
        return each * self.replicas_of(matrix)

    @property
    def offset_coded(self) -> bool:
        """Whether a signed weight is stored as a code above zero; a single bit has no sign."""
        return self.mapping == "bit_slices" and self.bits > 1

    @property
    def most_columns(self) -> int:
        """Physical columns of a weight, of the layer that takes most."""
        return max(self.columns_of(layer) for layer in ("", *self.layer_replicas))


class PhysicsSettings(Section):
    """Read physics where real data pass; 0 switches an effect off.

    A calibration run sets a bound of 0 tile by tile to 1.05 x the largest value that a plain
    forward pass of the first eight images gives.
    """

    model: Annotated[Literal["signed", "dual_column"], COMPUTED] = "signed"
    """`signed`: y = clip(ADC(W DAC(x) + noise)) on signed weights; `dual_column`: bit-serial reads
    of G+ and G- (Wu 2023).
    """
    read_noise: Annotated[float, Field(ge=0, le=100), WORSE] = 0.0
    """Standard deviation of the noise of an output of model `signed`, in units of weight × input
    with |x| <= 1.
    """
    output_bound: Annotated[float, Field(ge=0, le=1e6), COMPUTED] = 0.0
    """Largest output of model `signed`; 0: set tile by tile by a calibration run of eight images.
    """
    noise_management: Annotated[bool, COMPUTED] = True
    """Inputs are scaled by their largest value before a read, and outputs back."""
    bound_management: Annotated[bool, COMPUTED.as_limit()] = False
    """A read that saturates is repeated with half the input."""
    conductance_us: Annotated[
        tuple[Annotated[float, Field(ge=0, le=1e6)], Annotated[float, Field(gt=0, le=1e6)]],
        COMPUTED,
    ] = (8.2, 32.9)
    """Lowest and highest conductance of a cell of model `dual_column`, and behind lines that have a
    resistance."""
    read_voltage_v: Annotated[float, Field(gt=0, le=10), Effects(energy="up", accuracy="any")] = 0.1
    """Read voltage; the parameter of that name of `components.array` follows it."""
    current_range_ua: Annotated[float, Field(ge=0, le=1e9), COMPUTED] = 0.0
    """Current at full scale of a converter; 0: set tile by tile by a calibration run."""
    cell_noise_us: Annotated[float, Field(ge=0, le=1e6), WORSE] = 0.0
    """Standard deviation of a cell's conductance from read to read."""
    line_ohm: Annotated[Annotated[float, Field(ge=0, le=1e6)] | Literal["wire"], WORSE] = 0.0
    """Resistance of a line of an array from one cell to the next, in ohm, of rows and of columns, with
    which a run with real data and `infer` compute the drop; `wire`: of the lowest metal of the
    chip's node (NeuroSim's), as long as the side of a cell. Cells have `conductance_us`.
    """
    adc_noise_levels: Annotated[float, Field(ge=0, le=1e4), WORSE] = 0.0
    """Standard deviation of a converter's noise."""
