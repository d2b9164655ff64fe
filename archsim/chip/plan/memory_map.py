"""What the buffer holds of feature maps and training state, and what goes off chip."""

from __future__ import annotations

from dataclasses import dataclass

from archsim.chip.config import Architecture
from archsim.trace.operation import Operation, Trace

KIB = 8192
"""Bits of a KiB."""


def images_in_flight(trace: Trace, chip: Architecture, images: int) -> int:
    """Images that a chip works on at a time, of so many that go through.

    Args:
        trace: the operations of an image; a mini-batch ends before the next one begins.
        chip: layer by layer it works on one; in a pipeline on as many as the operations that the
            controller holds (`controller.in_flight`) are of, the last one perhaps in part.
        images: that go through.

    Returns:
        one at least.
    """
    return _of_a_pipeline(trace, chip, images) if chip.execution.mode == "pipelined" else 1


def may_be_in_flight(trace: Trace, chip: Architecture, images: int) -> bool:
    """Whether a pipeline works on several images at a time, in whatever mode the chip is."""
    return _of_a_pipeline(trace, chip, images) > 1


def _of_a_pipeline(trace: Trace, chip: Architecture, images: int) -> int:
    if not trace.image_operations:
        return 1
    # The update at the end of a mini-batch empties the pipeline.
    group = min(images, trace.batch) if trace.phase == "training" else images
    return max(1, min(group, -(-chip.controller.in_flight // len(trace.image_operations))))


@dataclass(frozen=True, slots=True)
class MemoryMap:
    """Where data live: the shares of feature maps and of training state that are off chip, since
    the buffer does not hold them beside the rest. What an image keeps alive comes first, then
    training state, all of it alike, and keys and values of earlier tokens where the largest feature
    map of an operation leaves room for them.

    In a pipeline images follow each other. So many are in flight at a time as make up the operations
    that the controller holds; each keeps alive what an image does, and the maps of those beside one
    (`beside_bits`) are of the operations that they are spread over, the largest first.
    """

    capacity_bits: float
    resident_bits: float
    state_bits: float
    cache_bits: float = 0.0
    largest_map_bits: float = 0.0
    beside_bits: float = 0.0

    @classmethod
    def of(cls, trace: Trace, chip: Architecture, images: int = 1) -> MemoryMap:
        """The map of a run.

        Args:
            trace: what the chip has to do.
            chip: its description.
            images: that go through.
        """
        bits = chip.read.input_bits
        operations = trace.image_operations
        at_a_time = images_in_flight(trace, chip, images)
        maps = sorted((operation.map_elements * bits for operation in operations), reverse=True)
        masks = sum(item.mask_bits * item.steps for item in operations if item.phase == "forward")
        words = sum(trace.state_words.values()) * chip.vector_unit.word_bits
        # cores keep activations in buffers of their own; what these do not hold comes behind state
        own = bool(chip.core.tiles)
        return cls(
            chip.buffer.capacity_kib * KIB,
            0.0 if own else trace.activation_elements * bits * at_a_time,
            words + masks * at_a_time,
            sum(operation.cached for operation in operations) * bits,
            max(maps, default=0.0),
            # The largest first: which operations are under way at a time is not known here, so it
            # is an upper bound.
            0.0 if own else sum(maps[number % len(maps)] for number in range(at_a_time - 1)),
        )

    @property
    def state_kept_bits(self) -> float:
        """Training state on chip."""
        # Activations are needed at once and state once an update, so state gives way.
        return min(self.state_bits, max(0.0, self.capacity_bits - self.resident_bits))

    @property
    def state_spill(self) -> float:
        """Share of the training state, and of its traffic, that is off chip."""
        return 1 - self.state_kept_bits / self.state_bits if self.state_bits else 0.0

    @property
    def cache_spill(self) -> float:
        """Share of the keys and values of earlier tokens, and of their traffic, that is off chip."""
        if not self.cache_bits:
            return 0.0
        maps = max(self.resident_bits, self.largest_map_bits + self.beside_bits)
        room = max(0.0, self.capacity_bits - self.state_kept_bits - maps)
        return 1 - min(self.cache_bits, room) / self.cache_bits

    def spill(self, operation: Operation, chip: Architecture) -> float:
        """Share of this operation's feature-map traffic that goes off chip: what does not fit
        beside the rest.
        """
        maps = operation.map_elements * chip.read.input_bits + self.beside_bits
        # What an image keeps alive in a training contains the maps of its operations: the larger of
        # the two.
        held = max(maps, self.resident_bits) + self.state_kept_bits
        return max(0.0, 1 - self.capacity_bits / held) if held else 0.0

    def needed_bits(self, trace: Trace, chip: Architecture) -> float:
        """The buffer with which nothing of a trace goes off chip but what comes from outside."""
        operations = (*trace.image_operations, *trace.batch_operations)
        maps = [operation.map_elements * chip.read.input_bits for operation in operations]
        held = max(maps, default=0.0) + self.beside_bits
        return max(self.resident_bits, held) + self.state_bits + self.cache_bits

    def to_row(self, trace: Trace, chip: Architecture) -> dict[str, float]:
        """What a result tells of the memory: sizes in KiB, and the shares that are off chip."""
        operations = (*trace.image_operations, *trace.batch_operations)
        return {
            "buffer_kib": self.capacity_bits / KIB,
            "needed_kib": self.needed_bits(trace, chip) / KIB,
            "state_kib": self.state_bits / KIB,
            "state_off_chip": self.state_spill,
            "maps_off_chip": max((self.spill(item, chip) for item in operations), default=0.0),
            **(
                {"cache_kib": self.cache_bits / KIB, "cache_off_chip": self.cache_spill}
                if self.cache_bits
                else {}
            ),
        }
