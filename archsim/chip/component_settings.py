"""An entry of a chip's inventory: which part stands there, how often, and what it does."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from archsim.chip.blocks import counted
from archsim.chip.section import Section
from hwlib.effects import OTHER_CIRCUIT, Effects

# What parts are counted by: the tile and what is in it, the chip, and what blocks have several of.
_TILE = ("cell", "row", "column", "line", "driven", "sensed", "adc", "tile", "cluster")
if TYPE_CHECKING:
    Per = str
else:
    Per = Literal[(*_TILE, *counted(), "chip")]


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

    part: Annotated[str, OTHER_CIRCUIT]
    """A part of hwlib."""
    parameters: Annotated[dict[str, Any], OTHER_CIRCUIT] = Field(default_factory=dict)
    """Parameters of the part; "=field.path" follows that setting, "=derived.NAME" what is derived
    from several.
    """
    per: Annotated[Per, OTHER_CIRCUIT] = "tile"
    """What the parts are counted by. `line` is a row or a column, `driven` a line that takes
    inputs, `sensed` one that is read, `cluster` are `tile_cluster` tiles, `lane` is one of the
    vector unit; other blocks have a word of their own.
    """
    count: Annotated[float, Field(gt=0, le=1_000_000), Effects(area="up", energy="any")] = 1
    """Parts for every `per`."""
    boundary: Annotated[Literal["macro", "chip", "system"], OTHER_CIRCUIT] = "macro"
    """Where area and energy are booked."""
    area_only: Annotated[bool, Effects(area="any", energy="any", admits=True)] = False
    """The part does nothing that is counted: area and leakage alone."""
    gated: Annotated[bool | None, Effects(energy="down")] = None
    """Whether the clock of a part of logic stops while its block, or its tile, idles; without a
    word, as `clock.gating` and `tile.clock_gating` say.
    """
    follows: Annotated[dict[str, list[str]], Effects(energy="up")] = Field(default_factory=dict)
    """An action of this part, done beside the counted actions "role.action", as often as they are.
    """
    takes: Annotated[dict[str, list[str]], Effects(energy="any")] = Field(default_factory=dict)
    """An action of this part, done in the place of the counted actions "role.action"."""
    note: Annotated[str, Effects(nothing="it is a text, repeated where the part is shown")] = ""
    """Free text, repeated where the component is shown."""

    @cached_property
    def followed(self) -> dict[str, str]:
        """Parameters that follow a setting or what is derived from several: name -> "=..."."""
        return {
            name: value
            for name, value in self.parameters.items()
            if isinstance(value, str) and value.startswith("=")
        }
