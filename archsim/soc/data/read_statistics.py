"""What the reads of one layer met, as the sums that become its measured activity."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from archsim.soc.data.tile_physics import LayerReads
from archsim.trace.operation import Activity


@dataclass(slots=True)
class ReadStatistics:
    """What the reads of one layer were given: sums that become the measured activity."""

    values: int = 0
    nonzero: int = 0
    magnitude: float = 0.0
    ones: float = 0.0
    vectors: int = 0
    retries: int = 0
    repeated: float = 0.0
    saturations: float = 0

    def add(self, read: LayerReads, input_bits: int, reads_a_vector: int) -> None:
        """Count what some vectors met, each on its own: its slowest tile decides its repeats.

        Args:
            read: what the tiles gave for the vectors.
            input_bits: bits of a code.
            reads_a_vector: single tiles that a vector is read on.
        """
        codes = np.abs(read.codes)
        self.values += codes.size
        self.nonzero += int(np.count_nonzero(codes))
        self.magnitude += float(codes.sum()) / (2**input_bits - 1)
        self.ones += int(np.bitwise_count(codes).sum())
        self.vectors += len(codes)
        self.retries += int(read.slowest.sum())
        self.repeated += read.all_repeats / reads_a_vector
        self.saturations += read.saturations

    def count(self, read: LayerReads, input_bits: int, vectors: int) -> None:
        """Count what vectors of one job met together: the slowest read repeats for all of them."""
        codes = np.abs(read.codes)
        self.values += codes.size
        self.nonzero += int(np.count_nonzero(codes))
        self.magnitude += float(codes.sum()) / (2**input_bits - 1)
        self.ones += int(np.bitwise_count(codes).sum())
        self.vectors += vectors
        self.retries += read.repeats
        self.repeated += read.repeats * read.repeated_share
        self.saturations += read.saturations

    def activity(self, input_bits: int, before: Activity) -> Activity:
        """The measured activity of the layer's reads."""
        on = max(1, self.nonzero)
        return replace(
            before,
            source="measured",
            input_density=self.nonzero / max(1, self.values),
            magnitude=self.magnitude / on,
            bit_density=self.ones / (on * input_bits),
            retries=self.retries / max(1, self.vectors),
            retried_tiles=self.repeated / self.retries if self.retries else 1.0,
            saturations=self.saturations / max(1, self.vectors),
        )
