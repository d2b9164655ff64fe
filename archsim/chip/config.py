"""The chip description: frozen, validated settings. What each field means for time and cost is said
under it.
"""

from __future__ import annotations

from functools import cached_property
from html import escape
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from archsim.chip.section import Count, Section
from archsim.chip.surroundings_settings import (
    BufferSettings,
    ControllerSettings,
    ExecutionSettings,
    InterconnectSettings,
    OffChipSettings,
    PlacementSettings,
    VectorUnitSettings,
)
from archsim.chip.tile_settings import (
    BitstreamSettings,
    PhysicsSettings,
    ReadSettings,
    TileSettings,
    UpdateSettings,
    WeightSettings,
    WriteSettings,
)
from hwlib.text import html_table


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
    """A part of hwlib."""
    parameters: dict[str, Any] = Field(default_factory=dict)
    """Parameters of the part; "=field.path" follows that setting, "=derived.NAME" what is derived
    from several.
    """
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
    """What the parts are counted by. `line` is a row or a column, `driven` a line that takes
    inputs, `sensed` one that is read, `cluster` are `tile_cluster` tiles.
    """
    count: Annotated[float, Field(gt=0, le=1_000_000)] = 1
    """Parts for every `per`."""
    boundary: Literal["macro", "chip", "system"] = "macro"
    """Where area and energy are booked."""
    area_only: bool = False
    """The part does nothing that is counted: area and leakage alone."""
    follows: dict[str, list[str]] = Field(default_factory=dict)
    """An action of this part, done beside the counted actions "role.action", as often as they are.
    """
    takes: dict[str, list[str]] = Field(default_factory=dict)
    """An action of this part, done in the place of the counted actions "role.action"."""
    note: str = ""
    """Free text, repeated where the component is shown."""


class Architecture(Section):
    """A chip. See `archsim show architecture NAME` for the built-in ones.

    `absent` names roles that the chip deliberately does without: their work has no price, and a run
    that asks for it says so.
    """

    schema_: Literal[1] = Field(alias="schema")
    """Version of the file format."""
    name: Annotated[str, Field(min_length=1, max_length=100)]
    """Name of the chip in results."""
    title: str = ""
    """One line."""
    source: str = ""
    """Where the description comes from."""
    notes: tuple[str, ...] = ()
    """What every result repeats: choices of ours, doubts."""
    node_nm: Annotated[float, Field(ge=5, le=250)] = 40.0
    """Technology node to which all parts are scaled."""
    clock_mhz: Annotated[float, Field(gt=0, le=100_000)] = 100.0
    """The one clock."""
    tile_cluster: Count = 1
    """Tiles that share the parts of `per = "cluster"`."""
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
    """Roles that the chip does without: their work has no price, and a run that asks for it says
    so.
    """
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

    def __repr__(self) -> str:
        tile = f"{self.tile.rows} × {self.tile.columns}"
        return f"Architecture({self.name}: tiles of {tile}, {self.node_nm:g} nm, {self.clock_mhz:g} MHz)"

    def __str__(self) -> str:
        return repr(self)

    def _repr_html_(self) -> str:
        """The parts as a notebook shows them, and what every result repeats."""
        rows = [
            (role, entry.part, f"{entry.count:g} a {entry.per}", entry.boundary)
            for role, entry in self.components.items()
        ]
        notes = "".join(f"<p>{escape(note)}</p>" for note in (self.title, *self.notes) if note)
        table = html_table(("component", "part", "count", "boundary"), rows)
        return f"<p><b>{escape(repr(self))}</b></p>{table}{notes}"

    @property
    def adcs_per_tile(self) -> int:
        return -(-self.tile.columns // self.read.columns_per_adc)

    def weight_columns_of(self, matrix: str) -> int:
        """Logical weight columns of a layer that fit on one tile."""
        reserved = (
            self.weights.reference_columns if self.weights.mapping == "reference_column" else 0
        )
        return (self.tile.columns - reserved) // self.weights.columns_of(matrix)
