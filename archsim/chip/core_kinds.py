"""Kinds of cores: what cores of one kind have otherwise than the chip says for all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints, field_validator

from archsim.chip.section import Count, Replicas, Section
from archsim.devices.presets import find_preset
from hwlib.effects import COMPUTED, OTHER_CIRCUIT, OTHER_MACHINE, SLOWER, Effects

KindName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,39}$")]
"""A kind's name stands in the names of its parts (`adc@fine`) and in paths."""


class KindTile(Section):
    """The tiles of a kind."""

    rows: Annotated[int | None, Field(ge=1, le=65536), OTHER_MACHINE] = None
    """Word lines of a crossbar; unsaid: `tile.rows`."""
    columns: Annotated[int | None, Field(ge=1, le=65536), OTHER_MACHINE] = None
    """Bit lines of a crossbar; unsaid: `tile.columns`."""


class KindRead(Section):
    """The reads of a kind."""

    bits_per_slot: Annotated[int | None, Field(ge=1, le=16), OTHER_MACHINE] = None
    """Bits of an input that one slot applies; unsaid: `read.bits_per_slot`."""
    slot_cycles: Annotated[int | None, Field(ge=1, le=100_000), SLOWER] = None
    """Cycles of an input slot; unsaid: `read.slot_cycles`."""
    rows_active: Annotated[
        Count | Literal["all"] | None,
        Effects(area="down", energy="any", time="down", accuracy="any"),
    ] = None
    """Rows that are driven at a time; unsaid: `read.rows_active`."""
    columns_per_adc: Annotated[
        Count | None, Effects(area="down", energy="any", time="up", accuracy="ageing")
    ] = None
    """Columns that share a converter; unsaid: `read.columns_per_adc`."""
    adc_bits: Annotated[
        int | None, Field(ge=1, le=14), Effects(area="up", energy="up", time="any", accuracy="up")
    ] = None
    """Resolution of a converter; unsaid: `read.adc_bits`."""
    conversion_cycles: Annotated[
        int | None, Field(ge=1, le=100_000), Effects(energy="any", time="up", accuracy="ageing")
    ] = None
    """Cycles of a conversion; unsaid: `read.conversion_cycles`."""


class KindWeights(Section):
    """The weights of a kind."""

    replicas: Annotated[
        Replicas | None, Effects(area="up", energy="up", time="any", accuracy="up")
    ] = None
    """Devices that carry one weight; unsaid: `weights.replicas`."""
    device: Annotated[str | None, Field(min_length=1, max_length=4000), COMPUTED] = None
    """Device that carries the weights where an update rule names none of its own; unsaid:
    `weights.device`."""

    @field_validator("device")
    @classmethod
    def _known_device(cls, name: str | None) -> str | None:
        if name is not None and not name.endswith(".toml"):
            find_preset(name)
        return name


class KindPhysics(Section):
    """The cells of a kind, where real data pass."""

    conductance_us: Annotated[
        tuple[Annotated[float, Field(ge=0, le=1e6)], Annotated[float, Field(gt=0, le=1e6)]] | None,
        COMPUTED,
    ] = None
    """Lowest and highest conductance of a cell; unsaid: `physics.conductance_us`."""


class KindWrite(Section):
    """The programming of a kind."""

    pulse_cycles: Annotated[int | None, Field(ge=1, le=10_000_000), SLOWER] = None
    """Cycles of a programming pulse; unsaid: `write.pulse_cycles`."""


class KindUpdate(Section):
    """The update in the arrays of a kind."""

    pulse_cycles: Annotated[int | None, Field(ge=1, le=1_000_000), SLOWER] = None
    """Cycles of one slot of a pulse train; unsaid: `update.pulse_cycles`."""


_SECTIONS: dict[str, type[Section]] = {
    "tile": KindTile,
    "read": KindRead,
    "weights": KindWeights,
    "physics": KindPhysics,
    "write": KindWrite,
    "update": KindUpdate,
}


class KindSettings(Section):
    """Cores of one kind. What it leaves unsaid is as on the chip; `placement.kind` sends a layer to
    a kind.
    """

    count: Annotated[
        Count | Literal["auto"], Effects(area="any", energy="any", time="any", admits=True)
    ] = "auto"
    """Cores of this kind; `auto`: as many as the network needs."""
    tile: KindTile = KindTile.usual()
    read: KindRead = KindRead.usual()
    weights: KindWeights = KindWeights.usual()
    physics: KindPhysics = KindPhysics.usual()
    write: KindWrite = KindWrite.usual()
    update: KindUpdate = KindUpdate.usual()
    cell: Annotated[dict[str, Any], OTHER_CIRCUIT] = Field(default_factory=dict)
    """Parameters of the cell (`components.array`) that it has otherwise."""

    def changes(self) -> Iterator[tuple[str, str, Any]]:
        """Section, field and value of what it says otherwise than the chip."""
        for section, model in _SECTIONS.items():
            own: BaseModel = getattr(self, section)
            for field in model.model_fields:
                value = getattr(own, field)
                if value is not None:
                    yield section, field, value


def paths_of_kinds() -> Iterator[str]:
    """The fields of a chip that a kind may have otherwise."""
    for section, model in _SECTIONS.items():
        for field in model.model_fields:
            yield f"{section}.{field}"
