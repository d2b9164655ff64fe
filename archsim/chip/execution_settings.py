"""Settings of how work is placed and executed."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from archsim.chip.section import Count, Section
from hwlib.effects import OTHER_MACHINE, Effects


class ExecutionSettings(Section):
    """What may overlap, and what a chip too small does."""

    mode: Annotated[
        Literal["layer_by_layer", "pipelined"],
        Effects(area="any", energy="any", time="any", accuracy="ageing"),
    ] = "layer_by_layer"
    """`layer_by_layer`: an operation starts when the one before has ended; `pipelined`: layers and
    images overlap, and a buffer that is grown (`buffer.fit`) holds all that are in flight.
    """
    reload: Annotated[bool, Effects(area="any", energy="any", time="any", admits=True)] = False
    """A chip too small for the network loads weights in passes and pays for it."""
    keep_pace: Annotated[bool, Effects(area="up", energy="any", time="down", accuracy="ageing")] = (
        False
    )
    """Grow vector lanes, wires and the widths of buffer and off-chip channel until no step of a read
    takes longer of them than of its tiles: what is set is the least, and what they grew to is priced.
    """
    attention: Annotated[
        Literal["auto", "digital", "fused", "arrays"],
        Effects(area="any", energy="any", time="any", admits=True),
    ] = "auto"
    """Products of two activations: `digital` on matrix units, where the chip has some, else on vector
    lanes; `fused` there too, the scores of a query going on to its softmax and its sum of values
    without a map of all scores; `arrays`: the second operand is written to arrays of its own, which
    the first one reads; `auto`: `fused` where there are matrix units and nothing is trained, else
    `digital`.
    """


_NEAR = Effects(energy="any", time="any")


class PlacementSettings(Section):
    """Where layers go on the tiles."""

    pack: Annotated[
        bool, Effects(area="any", energy="any", time="any", accuracy="ageing", limit=True)
    ] = False
    """Several small layers share one tile."""
    copies: Annotated[
        dict[str, Count],
        Effects(area="any", energy="any", time="any", accuracy="ageing", limit=True),
    ] = Field(default_factory=dict)
    """Copies of the weights of slow layers, by the layer's name; `"auto"` is `balance = 2`."""
    kind: Annotated[dict[str, str], OTHER_MACHINE] = Field(default_factory=dict)
    """Kind of the cores that have the weights of a layer (`core.kinds`), by the layer's name. A layer
    that is not named goes to the kind on which it takes the fewest cells.
    """
    balance: Annotated[
        float, Field(ge=1, le=64), Effects(area="any", energy="any", time="any", accuracy="ageing")
    ] = 1.0
    """Tiles that layers may take, over those of one copy each: the layer with most vectors for a copy
    gets the next one, so that a pipeline is balanced. 1: only copies that are named.
    """
    arrange: Annotated[Literal["greedy", "in_order"], _NEAR] = "greedy"
    """Which core of the floor has which layers: `greedy`, cores that send each other much lie close
    (up to 1,024 of them); `in_order`, they lie in the order of the layers.
    """
    swaps: Annotated[int, Field(ge=0, le=1_000_000), _NEAR.as_limit()] = 2000
    """Swaps of two cores that are tried to improve a greedy order."""
    swap_seed: Annotated[int, Field(ge=0, le=2**31 - 1), _NEAR.as_limit()] = 0
    """From which the swaps are drawn."""
