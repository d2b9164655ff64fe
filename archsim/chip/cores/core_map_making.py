"""The parts of the map of a trace on cores, made one operation after the other."""

from __future__ import annotations

from archsim.chip.blocks.matrix_unit import read_again
from archsim.chip.config import Architecture
from archsim.chip.cores.core_buffers import CoreBuffers
from archsim.chip.cores.core_cache import CoreCache
from archsim.chip.cores.data_flow import flow_of, outputs_of
from archsim.chip.cores.holdings import Holding, InputSource
from archsim.chip.cores.network_of import BUFFER, OFF_CHIP
from archsim.chip.cores.shares import digital_shares, shares_of_unit
from archsim.chip.cores.shares_of_writing import shares_of_update, shares_of_write, weights_by_core
from archsim.chip.cores.unit_shares import UnitShares
from archsim.chip.placement import Placement
from archsim.chip.plan.memory_map import KIB, MemoryMap
from archsim.trace.operation import OFF_TILES, Operation, Trace


class MapMaking:
    """The parts of a map, one operation after the other: what comes first has its place in the
    buffers first. Layer by layer a buffer is free again when the last operation that takes what it
    holds is over; in a pipeline images follow each other, and what is held stays."""

    def __init__(self, trace: Trace, chip: Architecture, placement: Placement):
        self.chip = chip
        self.placement = placement
        operations = trace.image_operations + trace.batch_operations
        self.operations = {operation.name: operation for operation in operations}
        self.flow = flow_of(trace)
        self.units: dict[str, tuple[UnitShares, ...]] = {}
        self._beside: dict[str, tuple[UnitShares, ...]] = {}  # the weights of a layer
        self.kept: dict[str, float] = {}
        self.off_chip: dict[str, float] = {}
        self.sources: dict[str, tuple[InputSource, ...]] = {}
        self.fetches: dict[str, float] = {}
        # training state comes first: every image asks for it
        state = MemoryMap.of(trace, chip).state_kept_bits
        self.cache = CoreCache(chip.buffer.capacity_kib * KIB - state)
        self._order = {name: number for number, name in enumerate(self.operations)}
        self._last = {
            made.name: self._order[operation.name]
            for operation in operations
            for made in self.flow[operation.name].made
        }
        self.buffers = CoreBuffers(chip, placement.cores)

    def add(self, operation: Operation) -> None:
        """Put an operation behind those before it."""
        name = operation.name
        if self.chip.execution.mode == "layer_by_layer":
            self.buffers.release(self._order[name])
        self.units[name] = self._units(operation)
        self.kept[name] = self._keep(operation)
        self.fetches[name] = self._fetched(operation)
        self.off_chip[name] = self._spill(operation)
        self.sources[name] = self._sources(operation)

    def _units(self, operation: Operation) -> tuple[UnitShares, ...]:
        layer = self.placement.layers.get(operation.matrix_name)
        each = self.chip.core.tiles
        if operation.kind not in OFF_TILES and layer is not None:
            if operation.kind == "pulse_update":
                return (shares_of_update(layer, each, operation.input_elements),)
            if operation.kind == "write":
                return (shares_of_write(layer, each),)
            back = operation.kind == "read_transposed"
            return tuple(shares_of_unit(layer, unit, each, back) for unit in range(layer.units))
        if layer is not None and operation.phase != "forward":
            # what is done with errors and gradients of a layer is done beside its weights
            beside = self._beside.get(operation.matrix_name)
            if beside is None:
                beside = (digital_shares(tuple(weights_by_core(layer, each).items())),)
                self._beside[operation.matrix_name] = beside
            return beside
        # digital work is done where most of its data lie, by all copies of what made them
        made = [made.name for made in self.flow[operation.name].made]
        if not made:
            return (digital_shares(((0, 1.0),)),)
        largest = max(made, key=lambda name: outputs_of(self.operations[name]))
        copies = self.units[largest]
        shares: dict[int, float] = {}
        for unit in copies:
            for core in unit.cores:
                if core.outputs:
                    share = core.outputs / len(copies)
                    shares[core.core] = shares.get(core.core, 0.0) + share
        return (digital_shares(tuple(shares.items())),)

    def _keep(self, operation: Operation) -> float:
        """The share of the results that the output buffers hold. What nobody on the chip takes goes
        to the global buffer, from where it leaves the chip."""
        if operation.name not in self._last:
            return 0.0
        bits = self.chip.read.output_bits
        left = operation.kept * operation.steps
        units = self.units[operation.name]
        last = self._last[operation.name]
        kept = self.buffers.take("output", units, (outputs_of(operation) - left) * bits, last)
        if not operation.cached:
            return kept
        # keys and values stay there when all that reads them now is over
        cached = operation.cached * self.chip.read.input_bits
        share = self.buffers.take("output", units, cached, len(self.operations))
        self.cache.add(operation.name, cached, share)
        return kept + (share - kept) * left / outputs_of(operation)

    def _fetched(self, operation: Operation) -> float:
        """Input values that come over the network for a step: each once, where the rows of a window
        are held; those that are held alone else."""
        fresh = operation.input_elements + operation.recalled
        if operation.products:
            return fresh + self._fetched_again(operation)
        if operation.sequential:
            return (operation.fresh_elements or fresh) + self._own_last(operation)
        if self.chip.buffer.window_reuse and operation.fresh_elements:
            fresh = operation.fresh_elements
        window = operation.window
        per_row = operation.steps_per_row
        whole = max(0.0, operation.map_elements - outputs_of(operation))
        once = whole / operation.steps
        if window is None or not per_row or once >= fresh:
            return fresh
        rows = (operation.steps // per_row - 1) * window.stride + window.kernel - 2 * window.padding
        bits = whole * min(1.0, window.kernel / max(1, rows)) * self.chip.read.input_bits
        last = self._order[operation.name]
        held = self.buffers.take("input", self.units[operation.name], bits, last)
        return held * once + (1 - held) * fresh

    def _own_last(self, operation: Operation) -> float:
        """Values of its own last result that a step takes: the state of a recurrent layer, or the error
        of it. They lie where they were finished, and every tile that reads them is told."""
        if not operation.sequential:
            return 0.0
        forward = self.operations.get(f"{operation.layer}.forward", operation)
        state = (forward.input_elements - forward.fresh_elements) * forward.parts
        return state / operation.parts

    def _fetched_again(self, operation: Operation) -> float:
        """Values of second operands that come another time, since no input buffer holds them while
        other vectors pass."""
        again = read_again(operation, self.chip)
        if not again:
            return 0.0
        values = sum(item.matrices * item.rows * item.columns for item in operation.products)
        bits = values * self.chip.read.input_bits
        units = self.units[operation.name]
        now = self._order[operation.name]
        return (1 - self.buffers.take("input", units, bits, now)) * again

    def _spill(self, operation: Operation) -> float:
        """The share of what an operation has in the global buffer that is off chip."""
        bits = self.chip.read.input_bits
        held = (1 - self.kept[operation.name]) * outputs_of(operation) * bits
        made = self.flow[operation.name].made
        for name, _ in made:
            held += (1 - self.kept[name]) * outputs_of(self.operations[name]) * bits
        if not made:
            held += max(0.0, operation.map_elements - outputs_of(operation)) * bits
        return max(0.0, 1 - self.cache.free / held) if held else 0.0

    def _sources(self, operation: Operation) -> tuple[InputSource, ...]:
        made, outside = self.flow[operation.name]
        total = sum(one.values for one in made) + outside
        off = self.off_chip[operation.name]
        sources = [
            InputSource(values / total, self._holdings(name, off))
            for name, values in made
            if values
        ]
        if outside or not total:
            share = outside / total if total else 1.0
            sources.append(InputSource(share, (self._ports(1.0, off),)))
        state = self._own_last(operation)
        if state:
            share = state / self.fetches[operation.name]
            # a copy goes on from what the one before it gave
            *before, last = self._holdings(operation.name, off)
            own = InputSource(share, (last, *before))
            return (*(item._replace(share=item.share * (1 - share)) for item in sources), own)
        left = [name for name, _ in made if name in self.cache.shares]
        recalled = operation.recalled * operation.steps
        if not recalled or not left:
            return tuple(sources)
        share = recalled / (recalled + operation.map_elements - outputs_of(operation))
        return (
            *(item._replace(share=item.share * (1 - share)) for item in sources),
            *(InputSource(share / len(left), self._cached_at(name)) for name in left),
        )

    def _holdings(self, name: str, off: float) -> tuple[tuple[Holding, ...], ...]:
        return self._lying(name, self.kept[name], off)

    def _cached_at(self, name: str) -> tuple[tuple[Holding, ...], ...]:
        """Where the keys and values lie that earlier tokens left of an operation's results."""
        return self._lying(name, *self.cache.shares[name])

    def _lying(self, name: str, kept: float, off: float) -> tuple[tuple[Holding, ...], ...]:
        """Where results of an operation lie of which its cores hold a share, and a share of the rest
        is off chip."""
        return tuple(
            (
                *(
                    Holding(core.core, core.outputs * kept)
                    for core in unit.cores
                    if core.outputs * kept
                ),
                *self._ports(1 - kept, off),
            )
            for unit in self.units[name]
        )

    def _ports(self, share: float, off: float) -> tuple[Holding, ...]:
        cores = self.placement.cores
        ports = (Holding(cores + BUFFER, share * (1 - off)), Holding(cores + OFF_CHIP, share * off))
        return tuple(port for port in ports if port.share > 1e-12)
