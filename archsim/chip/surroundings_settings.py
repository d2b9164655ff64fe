"""Settings of what stands around the tiles: memory, wires, digital units, control, and how work is
placed and executed.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from archsim.chip.section import Count, Cycles, Section


class BufferSettings(Section):
    """The activation buffer."""

    capacity_kib: Annotated[float, Field(ge=0.0625, le=65536)] = 64.0
    """Size of the activation buffer; what does not fit goes off chip."""
    width_bits: Annotated[int, Field(ge=8, le=1024)] = 64
    """Bits a cycle of a port."""
    ports: Annotated[int, Field(ge=1, le=8)] = 1
    """Ports; with one, reads and writes share it."""
    window_reuse: bool = True
    """The tile keeps the overlap of two neighbouring convolution windows."""
    tile_queue: Annotated[int, Field(ge=1, le=1024)] = 2
    """Entries of the input and of the output queue of a unit."""


class InterconnectSettings(Section):
    """Wires between buffer and tiles."""

    kind: Literal["bus", "h_tree"] = "bus"
    """`bus`: one shared medium for both directions; `h_tree`: a tree down and one up."""
    width_bits: Annotated[int, Field(ge=1, le=4096)] = 64
    """Bits a cycle."""
    hop_cycles: Cycles = 1
    """Cycles a word is under way."""
    arbitration: Literal["fifo", "drain_first"] = "fifo"
    """`fifo`: first come, first served; `drain_first`: results leave before new inputs enter."""


class VectorUnitSettings(Section):
    """The digital vector unit."""

    lanes: Annotated[int, Field(ge=1, le=65536)] = 16
    """Elements a cycle."""
    format: Literal["int8", "int16", "int32", "fp16", "bf16", "fp32"] = "int16"
    """Number format of a lane."""
    divide_cycles: Annotated[int, Field(ge=1, le=1000)] = 16
    """Cycles of a division or a square root of one element; both are iterative."""

    @property
    def word_bits(self) -> int:
        return {"int8": 8, "int16": 16, "int32": 32, "fp16": 16, "bf16": 16, "fp32": 32}[
            self.format
        ]


class ControllerSettings(Section):
    """Fetch and issue of operations."""

    issue_cycles: Cycles = 16
    """Cycles to fetch and issue an operation."""
    prefetch: bool = True
    """The next operation is fetched while one runs."""
    in_flight: Annotated[int, Field(ge=1, le=65536)] = 64
    """Operations under way at a time, in a pipeline."""
    always_on: bool = True
    """The controller's clock runs all the time, not only while it issues."""


class OffChipSettings(Section):
    """The off-chip memory channel."""

    bits_per_cycle: Annotated[int, Field(ge=1, le=65536)] = 32
    """Bits a cycle of the channel."""
    latency_cycles: Cycles = 50
    """Cycles until the first word of a request."""
    preload_input: bool = True
    """The first image waits in the buffer at time 0 and later ones are fetched in the background:
    their transfers are counted, not waited for.
    """


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
