"""The chip description: frozen, validated settings. What each field means for time and cost is said
under it.
"""

from __future__ import annotations

from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from archsim.chip.blocks.accumulator import AccumulatorSettings
from archsim.chip.blocks.bitstream import BitstreamSettings
from archsim.chip.blocks.buffer import BufferSettings
from archsim.chip.blocks.controller import ControllerSettings
from archsim.chip.blocks.core import CoreSettings
from archsim.chip.blocks.interconnect import InterconnectSettings
from archsim.chip.blocks.matrix_unit import MatrixUnitSettings
from archsim.chip.blocks.network import NetworkSettings
from archsim.chip.blocks.off_chip import OffChipSettings
from archsim.chip.blocks.package import PackageSettings
from archsim.chip.blocks.sections import with_blocks
from archsim.chip.blocks.tile_read import TileReadSettings
from archsim.chip.blocks.tile_update import TileUpdateSettings
from archsim.chip.blocks.tile_write import WriteSettings
from archsim.chip.blocks.vector_unit import VectorUnitSettings
from archsim.chip.clock_settings import ClockSettings
from archsim.chip.component_settings import ComponentSettings
from archsim.chip.execution_settings import ExecutionSettings, PlacementSettings
from archsim.chip.kind_chips import chips_of_kinds
from archsim.chip.section import Count, Section
from archsim.chip.tile_settings import PhysicsSettings, TileSettings, WeightSettings
from hwlib.effects import OTHER_CIRCUIT, Effects
from hwlib.text import html_table


class Sections(Section):
    """What every chip has: its name, its clock, its tiles, and the blocks that the rest of the
    program knows by name.
    """

    schema_: Annotated[Literal[1], Effects(nothing="it is the version of the file")] = Field(
        alias="schema"
    )
    """Version of the file format."""
    name: Annotated[str, Field(min_length=1, max_length=100), Effects(nothing="it is a name")]
    """Name of the chip in results."""
    title: Annotated[str, Effects(nothing="it is a title")] = ""
    """One line."""
    source: Annotated[str, Effects(nothing="it says where the description comes from")] = ""
    """Where the description comes from."""
    notes: Annotated[tuple[str, ...], Effects(nothing="they are repeated in every result")] = ()
    """What every result repeats: choices of ours, doubts."""
    node_nm: Annotated[float, Field(ge=5, le=250), Effects(area="up", energy="up")] = 40.0
    """Technology node to which all parts are scaled."""
    clock_mhz: Annotated[
        float, Field(gt=0, le=100_000), Effects(energy="any", time="down", accuracy="ageing")
    ] = 100.0
    """The one clock."""
    supply_v: Annotated[float | Literal["nominal"], Effects(energy="up", admits=True)] = "nominal"
    """Supply of the chip's logic, memories and analog parts; `nominal` is that of node and flavour.
    Array voltages are their own.
    """
    temperature_c: Annotated[float, Field(ge=25, le=125), Effects(energy="up")] = 25.0
    """Temperature of the silicon, which moves leakage."""
    flavour: Annotated[
        Literal["low_power", "general_purpose"], Effects(energy="any", admits=True)
    ] = "low_power"
    """Devices of the process: `low_power`, or `general_purpose`, which are faster and leak."""
    clock: ClockSettings = ClockSettings.usual()
    tile_cluster: Annotated[Count, Effects(area="down", energy="down")] = 1
    """Tiles that share the parts of `per = "cluster"`."""
    tile: TileSettings
    weights: WeightSettings = WeightSettings.usual()
    read: TileReadSettings = TileReadSettings.usual()
    physics: PhysicsSettings = PhysicsSettings.usual()
    write: WriteSettings = WriteSettings.usual()
    update: TileUpdateSettings = TileUpdateSettings.usual()
    bitstream: BitstreamSettings = BitstreamSettings.usual()
    buffer: BufferSettings = BufferSettings.usual()
    interconnect: InterconnectSettings = InterconnectSettings.usual()
    vector_unit: VectorUnitSettings = VectorUnitSettings.usual()
    matrix_unit: MatrixUnitSettings = MatrixUnitSettings.usual()
    controller: ControllerSettings = ControllerSettings.usual()
    off_chip: OffChipSettings = OffChipSettings.usual()
    core: CoreSettings = CoreSettings.usual()
    accumulator: AccumulatorSettings = AccumulatorSettings.usual()
    network: NetworkSettings = NetworkSettings.usual()
    package: PackageSettings = PackageSettings.usual()
    execution: ExecutionSettings = ExecutionSettings.usual()
    placement: PlacementSettings = PlacementSettings.usual()


# To a type checker, a chip has the sections above; the blocks that only their own file knows are
# fields like all others, which the table of blocks adds.
if TYPE_CHECKING:
    AllSections = Sections
else:
    AllSections = with_blocks(Sections)


class Architecture(AllSections):
    """A chip. See `archsim show architecture NAME` for the built-in ones.

    `absent` names roles that the chip deliberately does without: their work has no price, and a run
    that asks for it says so.
    """

    absent: Annotated[tuple[str, ...], OTHER_CIRCUIT] = ()
    """Roles that the chip does without: their work has no price, and a run that asks for it says
    so.
    """
    components: dict[str, ComponentSettings]

    @model_validator(mode="after")
    def _consistent(self) -> Architecture:
        if self.core.kinds:
            # tiles of the chip's own, which no core has, need not fit: those of kinds are checked
            self.__dict__["kind_chips"] = chips_of_kinds(self)
        else:
            self.check_tiles()
        if self.execution.reload and self.execution.mode == "pipelined":
            raise ValueError(
                "execution.reload needs execution.mode = layer_by_layer: passes hold the chip for "
                "one layer at a time"
            )
        return self

    def check_tiles(self) -> None:
        """Hold the settings of a tile to each other.

        Raises:
            ValueError: for the first two that contradict each other.
        """
        if self.read.columns_per_adc > self.tile.columns:
            raise ValueError(
                f"read.columns_per_adc ({self.read.columns_per_adc}) exceeds tile.columns "
                f"({self.tile.columns})"
            )
        rows = self.read.rows_active
        if rows != "all" and rows > self.tile.rows:
            raise ValueError(f"read.rows_active ({rows}) exceeds tile.rows ({self.tile.rows})")
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

    @cached_property
    def kind_chips(self) -> dict[str, Architecture]:
        """The chip as cores of each kind have it, by the kind's name; empty where all are alike."""
        return chips_of_kinds(self)

    @property
    def alike(self) -> list[Architecture]:
        """The chip as each kind of its cores has it; one where they are alike."""
        return list(self.kind_chips.values()) or [self]

    def of_kind(self, kind: str) -> Architecture:
        """The chip as the cores of a kind have it.

        Args:
            kind: its name; "" is all of them, where they are alike.

        Returns:
            a chip with the tiles, converters and devices of that kind.
        """
        return self.kind_chips[kind] if kind else self

    @cached_property
    def origin(self) -> str:
        """What messages call the chip: the file or built-in name that it was read from, else its
        name. No field: equality and JSON pass it by."""
        return self.name

    def read_from(self, origin: str) -> Architecture:
        """This chip, with where it was read from.

        Args:
            origin: the file or built-in name, as messages call it.

        Returns:
            the same chip.
        """
        vars(self)["origin"] = origin
        vars(self).pop("kind_chips", None)  # a copy has them of the chip that it was made of
        for view in self.kind_chips.values():
            view.read_from(origin)
        return self

    @property
    def conditions(self) -> dict[str, float | str]:
        """What all parts on the chip work under, as parameters of theirs; what is usual is left out."""
        given: dict[str, float | str] = {}
        if self.supply_v != "nominal":
            given["supply_v"] = self.supply_v
        if self.temperature_c != 25.0:
            given["temperature_c"] = self.temperature_c
        if self.flavour != "low_power":
            given["flavour"] = self.flavour
        return given

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
        """Logical weight columns of a layer that fit on one tile.

        Args:
            matrix: name of the layer's matrix; layers may have different numbers of devices a weight.

        Returns:
            weight columns, without the reference columns.
        """
        reserved = (
            self.weights.reference_columns if self.weights.mapping == "reference_column" else 0
        )
        return (self.tile.columns - reserved) // self.weights.columns_of(matrix)
