"""Settings of how work is placed and executed."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from archsim.chip.section import Count, Section


class ExecutionSettings(Section):
    """What may overlap, and what a chip too small does."""

    mode: Literal["layer_by_layer", "pipelined"] = "layer_by_layer"
    """`layer_by_layer`: an operation starts when the one before has ended; `pipelined`: layers and
    images overlap.
    """
    reload: bool = False
    """A chip too small for the network loads weights in passes and pays for it."""


class PlacementSettings(Section):
    """Where layers go on the tiles."""

    pack: bool = False
    """Several small layers share one tile."""
    copies: dict[str, Count] = Field(default_factory=dict)
    """Copies of the weights of slow layers, by the layer's name."""
