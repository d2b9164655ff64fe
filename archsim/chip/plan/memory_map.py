"""What the buffer holds of feature maps and training state, and what goes off chip."""

from __future__ import annotations

from dataclasses import dataclass

from archsim.chip.config import Architecture
from archsim.trace.operation import Operation, Trace

KIB = 8192
"""Bits of a KiB."""


@dataclass(frozen=True, slots=True)
class MemoryMap:
    """Where data live: the shares of feature maps and of training state that are off chip, since
    the buffer does not hold them beside the rest. What an image keeps alive comes first, then
    training state, all of it alike, and keys and values of earlier tokens where the largest feature
    map of an operation leaves room for them.
    """

    capacity_bits: float
    resident_bits: float
    state_bits: float
    cache_bits: float = 0.0
    largest_map_bits: float = 0.0

    @classmethod
    def of(cls, trace: Trace, chip: Architecture) -> MemoryMap:
        state = sum(trace.state_words.values()) * chip.vector_unit.word_bits
        bits = chip.read.input_bits
        operations = trace.image_operations
        return cls(
            chip.buffer.capacity_kib * KIB,
            # cores keep activations in buffers of their own; what these do not hold comes behind state
            0.0 if chip.core.tiles else trace.activation_elements * bits,
            state,
            sum(operation.cached for operation in operations) * bits,
            max((operation.map_elements for operation in operations), default=0.0) * bits,
        )

    @property
    def state_kept_bits(self) -> float:
        """Training state on chip."""
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
        maps = max(self.resident_bits, self.largest_map_bits)
        room = max(0.0, self.capacity_bits - self.state_kept_bits - maps)
        return 1 - min(self.cache_bits, room) / self.cache_bits

    def spill(self, operation: Operation, chip: Architecture) -> float:
        """Share of this operation's feature-map traffic that goes off chip: what does not fit
        beside the rest.
        """
        held = (
            max(operation.map_elements * chip.read.input_bits, self.resident_bits)
            + self.state_kept_bits
        )
        return max(0.0, 1 - self.capacity_bits / held) if held else 0.0

    def needed_bits(self, trace: Trace, chip: Architecture) -> float:
        """The buffer with which nothing of a trace goes off chip but what comes from outside."""
        operations = (*trace.image_operations, *trace.batch_operations)
        maps = [operation.map_elements * chip.read.input_bits for operation in operations]
        return max([self.resident_bits, *maps]) + self.state_bits + self.cache_bits

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
