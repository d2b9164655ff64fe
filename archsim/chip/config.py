"""The chip description: frozen, validated settings. What each field means for time and cost is said
beside it.
"""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Count = Annotated[int, Field(ge=1, le=1_000_000)]
Cycles = Annotated[int, Field(ge=0, le=10_000_000)]
Bits = Annotated[int, Field(ge=1, le=32)]
Replicas = Annotated[int, Field(ge=1, le=64)]


class Section(BaseModel):
    """A group of settings: unknown fields are refused, values are never coerced from another type."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class TileSettings(Section):
    """One crossbar with its periphery. `count` is how many the chip has, or "auto": as many as the
    network needs.
    With `clock_gating` the clock reaches a tile's registers and sequencer only while the tile
    works.
    """

    rows: Annotated[int, Field(ge=1, le=65536)]
    columns: Annotated[int, Field(ge=1, le=65536)]
    count: Count | Literal["auto"] = "auto"
    clock_gating: bool = True


class WeightSettings(Section):
    """How a signed weight becomes cells.

    differential: two columns a weight, subtracted after conversion; reference_column: one column a
    weight and
    `reference_columns` a tile; bit_slices: ceil(bits / cell_bits) columns a weight, offset-coded,
    shifted and added.
    `replicas` devices carry one weight (their outputs are averaged), in a layer of `layer_replicas`
    as many as that says:
    `training.devices_per_weight` is another name of both. A `bias` is a digital addition or an
    array row.
    """

    mapping: Literal["differential", "reference_column", "bit_slices"] = "differential"
    bits: Bits = 8
    cell_bits: Annotated[int, Field(ge=1, le=10)] = 4
    reference_columns: Annotated[int, Field(ge=1, le=64)] = 1
    replicas: Replicas = 1
    layer_replicas: dict[str, Replicas] = Field(default_factory=dict)
    bias: Literal["digital", "row"] = "digital"

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
    def most_columns(self) -> int:
        """Physical columns of a weight, of the layer that takes most."""
        return max(self.columns_of(layer) for layer in ("", *self.layer_replicas))


class ReadSettings(Section):
    """The analog read: DAC -> array -> front end -> multiplexed ADC.

    bit_serial: ceil(input_bits / bits_per_slot) slots of `slot_cycles`; pulse_width: one slot,
    `slot_cycles` long at full scale. `accumulate` analog: one conversion an output, digital: one a
    slot.
    `front_end` per_column: all columns integrate at once; shared: one amplifier an ADC, so the
    input is applied again for each of its columns. `overlap`: conversions of one read overlap the
    sampling of the next.
    `all_groups`: every column of a tile is converted, also unused ones.
    """

    input: Literal["bit_serial", "pulse_width"] = "bit_serial"
    input_bits: Annotated[int, Field(ge=1, le=16)] = 8
    bits_per_slot: Annotated[int, Field(ge=1, le=16)] = 1
    slot_cycles: Annotated[int, Field(ge=1, le=100_000)] = 1
    accumulate: Literal["analog", "digital"] = "analog"
    front_end: Literal["per_column", "shared"] = "per_column"
    columns_per_adc: Count = 8
    adc_bits: Annotated[int, Field(ge=1, le=14)] = 8
    conversion_cycles: Annotated[int, Field(ge=1, le=100_000)] = 1
    overlap: bool = False
    all_groups: bool = True
    transposed: bool = True
    output_bits: Bits = 8

    @property
    def slots(self) -> int:
        """Input slots of one read."""
        return 1 if self.input == "pulse_width" else -(-self.input_bits // self.bits_per_slot)

    @property
    def sum_bits(self) -> int:
        """Bits of a tile's result before columns are subtracted: a code of the converter, or the
        sum of the codes of all slots, each shifted by the bits of a slot."""
        if self.accumulate == "analog" or self.slots == 1:
            return self.adc_bits
        return self.adc_bits + (self.slots - 1) * self.bits_per_slot + 1


class PhysicsSettings(Section):
    """Read physics of the real-data mode; 0 switches an effect off.

    signed: y = clip(ADC(W DAC(x) + noise)) on signed weights, `read_noise` and `output_bound` in
    weight units with
    |x| <= 1. dual_column: bit-serial reads of G+ and G- with conductances `conductance_us` (low,
    high), read noise of a cell in uS and of the ADC in levels (Wu 2023). A bound or current range
    of 0 is set tile by tile to 1.05 x the largest value that a plain forward pass of the first
    eight images gives (a calibration run). Bound management repeats a saturated read with half the
    input.
    """

    model: Literal["signed", "dual_column"] = "signed"
    read_noise: Annotated[float, Field(ge=0, le=100)] = 0.0
    output_bound: Annotated[float, Field(ge=0, le=1e6)] = 0.0
    noise_management: bool = True
    bound_management: bool = False
    conductance_us: tuple[
        Annotated[float, Field(ge=0, le=1e6)], Annotated[float, Field(gt=0, le=1e6)]
    ] = (8.2, 32.9)
    read_voltage_v: Annotated[float, Field(gt=0, le=10)] = 0.1
    current_range_ua: Annotated[float, Field(ge=0, le=1e9)] = 0.0
    cell_noise_us: Annotated[float, Field(ge=0, le=1e6)] = 0.0
    adc_noise_levels: Annotated[float, Field(ge=0, le=1e4)] = 0.0


class WriteSettings(Section):
    """Programming of cells with verify. `parallel` says what one pulse reaches; `pulses` is the
    mean number of pulses a programmed device needs (an assumption until measured activity gives
    it).
    """

    parallel: Literal["device", "row"] = "row"
    pulse_cycles: Annotated[int, Field(ge=1, le=10_000_000)] = 10
    verify_cycles: Cycles = 1
    pulses: Annotated[float, Field(ge=1, le=10_000)] = 4.0


class UpdateSettings(Section):
    """Parallel outer-product update in the array by coincident pulse trains."""

    pulse_cycles: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    polarity_phases: Literal[1, 2, 4] = 2
    train_length: Annotated[int, Field(ge=1, le=1_000_000)] = 10


class BitstreamSettings(Section):
    """Generators of the pulse trains. line: each row and column has its own, no waiting; chip: one
    shared block of
    `bits_per_cycle` generators that all tiles queue for."""

    sharing: Literal["line", "chip"] = "line"
    bits_per_cycle: Annotated[int, Field(ge=1, le=65536)] = 64
    resolution: Annotated[int, Field(ge=3, le=16)] = 8
    source: Literal["lfsr", "sobol"] = "lfsr"


class BufferSettings(Section):
    """The activation buffer. `window_reuse`: the tile keeps the overlap of two neighbouring
    convolution windows.
    """

    capacity_kib: Annotated[float, Field(ge=0.0625, le=65536)] = 64.0
    width_bits: Annotated[int, Field(ge=8, le=1024)] = 64
    ports: Annotated[int, Field(ge=1, le=8)] = 1
    window_reuse: bool = True
    tile_queue: Annotated[int, Field(ge=1, le=1024)] = 2


class InterconnectSettings(Section):
    """Wires between buffer and tiles. bus: one shared medium for both directions; h_tree: a down
    and an up tree.
    `arbitration` fifo: first come first served; drain_first: results leave before new inputs enter."""

    kind: Literal["bus", "h_tree"] = "bus"
    width_bits: Annotated[int, Field(ge=1, le=4096)] = 64
    hop_cycles: Cycles = 1
    arbitration: Literal["fifo", "drain_first"] = "fifo"


class VectorUnitSettings(Section):
    """The digital vector unit. Cycles an element are for one lane; division and square root are
    iterative.
    """

    lanes: Annotated[int, Field(ge=1, le=65536)] = 16
    format: Literal["int8", "int16", "int32", "fp16", "bf16", "fp32"] = "int16"
    divide_cycles: Annotated[int, Field(ge=1, le=1000)] = 16

    @property
    def word_bits(self) -> int:
        return {"int8": 8, "int16": 16, "int32": 32, "fp16": 16, "bf16": 16, "fp32": 32}[
            self.format
        ]


class ControllerSettings(Section):
    """Fetch and issue of operations. `prefetch`: the next operation is fetched while one runs."""

    issue_cycles: Cycles = 16
    prefetch: bool = True
    in_flight: Annotated[int, Field(ge=1, le=65536)] = 64
    always_on: bool = True


class OffChipSettings(Section):
    """The off-chip memory channel. `preload_input`: the first image waits in the buffer at time 0
    and later ones are fetched in the background (their transfers are counted, not waited for)."""

    bits_per_cycle: Annotated[int, Field(ge=1, le=65536)] = 32
    latency_cycles: Cycles = 50
    preload_input: bool = True


class ExecutionSettings(Section):
    """layer_by_layer: an operation starts when the one before has ended; pipelined: layers and
    images overlap.
    `reload`: a chip too small for the network loads weights in passes and pays for it."""

    mode: Literal["layer_by_layer", "pipelined"] = "layer_by_layer"
    reload: bool = False


class PlacementSettings(Section):
    """`pack` puts several small layers on one tile; `copies` gives a slow layer more than one copy
    of its weights.
    """

    pack: bool = False
    copies: dict[str, Count] = Field(default_factory=dict)


class ComponentSettings(Section):
    """One entry of the inventory: `count` parts for every `per`. `line` is a row or a column;
    `driven` is a line that takes inputs, `sensed` one that is read (rows and columns both where
    read.transposed); `cluster` is `tile_cluster` tiles. A parameter "=field.path" follows that
    setting, "=derived.NAME" what is derived from them (see archsim/chip/components.py). `follows`
    and `takes` map an action of this part to counted actions "role.action":
    it is done as often as they are, beside them (follows) or in their place (takes). The name of an
    entry is its role (see archsim/chip/roles.py); another name is for parts that follow or take,
    and for `area_only` ones, which do nothing.
    """

    part: str
    parameters: dict[str, Any] = Field(default_factory=dict)
    per: Literal[
        "cell",
        "row",
        "column",
        "line",
        "driven",
        "sensed",
        "adc",
        "tile",
        "cluster",
        "lane",
        "chip",
    ] = "tile"
    count: Annotated[float, Field(gt=0, le=1_000_000)] = 1
    boundary: Literal["macro", "chip", "system"] = "macro"
    area_only: bool = False
    follows: dict[str, list[str]] = Field(default_factory=dict)
    takes: dict[str, list[str]] = Field(default_factory=dict)
    note: str = ""


class Architecture(Section):
    """A chip. See `archsim show architecture NAME` for the built-in ones.

    `absent` names roles that the chip deliberately does without: their work has no price, and a run
    that asks for it says so.
    """

    schema_: Literal[1] = Field(alias="schema")
    name: Annotated[str, Field(min_length=1, max_length=100)]
    title: str = ""
    source: str = ""
    notes: tuple[str, ...] = ()
    node_nm: Annotated[float, Field(ge=5, le=250)] = 40.0
    clock_mhz: Annotated[float, Field(gt=0, le=100_000)] = 100.0
    tile_cluster: Count = 1
    tile: TileSettings
    weights: WeightSettings = WeightSettings()
    read: ReadSettings = ReadSettings()
    physics: PhysicsSettings = PhysicsSettings()
    write: WriteSettings = WriteSettings()
    update: UpdateSettings = UpdateSettings()
    bitstream: BitstreamSettings = BitstreamSettings()
    buffer: BufferSettings = BufferSettings()
    interconnect: InterconnectSettings = InterconnectSettings()
    vector_unit: VectorUnitSettings = VectorUnitSettings()
    controller: ControllerSettings = ControllerSettings()
    off_chip: OffChipSettings = OffChipSettings()
    execution: ExecutionSettings = ExecutionSettings()
    placement: PlacementSettings = PlacementSettings()
    absent: tuple[str, ...] = ()
    components: dict[str, ComponentSettings]

    @model_validator(mode="after")
    def _consistent(self):
        if self.read.columns_per_adc > self.tile.columns:
            raise ValueError(
                f"read.columns_per_adc ({self.read.columns_per_adc}) exceeds tile.columns ({self.tile.columns})"
            )
        reserved = (
            self.weights.reference_columns if self.weights.mapping == "reference_column" else 0
        )
        if self.tile.columns - reserved < self.weights.most_columns:
            raise ValueError("a tile has too few columns for one weight of this mapping")
        low, high = self.physics.conductance_us
        if low >= high:
            raise ValueError(
                f"physics.conductance_us: the low conductance ({low:g}) must be below the high one ({high:g})"
            )
        if self.execution.reload and self.execution.mode == "pipelined":
            raise ValueError(
                "execution.reload needs execution.mode = layer_by_layer: passes hold the chip for one layer at a time"
            )
        return self

    @cached_property
    def origin(self) -> str:
        """What messages call the chip: the file or built-in name that it was read from, else its
        name. No field: equality and JSON pass it by."""
        return self.name

    def read_from(self, origin: str) -> Architecture:
        """This chip, with where it was read from."""
        vars(self)["origin"] = origin
        return self

    @property
    def adcs_per_tile(self) -> int:
        return -(-self.tile.columns // self.read.columns_per_adc)

    def weight_columns_of(self, matrix: str) -> int:
        """Logical weight columns of a layer that fit on one tile."""
        reserved = (
            self.weights.reference_columns if self.weights.mapping == "reference_column" else 0
        )
        return (self.tile.columns - reserved) // self.weights.columns_of(matrix)
