"""What the reads of one layer met, as the sums that become its measured activity."""

from __future__ import annotations

from dataclasses import dataclass, replace

from archsim.soc.data.layer_reads import CodeCounts, LayerReads
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
        self._count_codes(read.codes, input_bits)
        self.vectors += len(read.slowest)
        self.retries += int(read.slowest.sum())
        self.repeated += read.all_repeats / reads_a_vector
        self.saturations += read.saturations

    def count(self, read: LayerReads, input_bits: int, vectors: int) -> None:
        """Count what vectors of one job met together: the slowest read repeats for all of them."""
        self._count_codes(read.codes, input_bits)
        self.vectors += vectors
        self.retries += read.repeats
        self.repeated += read.repeats * read.repeated_share
        self.saturations += read.saturations

    def _count_codes(self, codes: CodeCounts, input_bits: int) -> None:
        self.values += codes.values
        self.nonzero += codes.nonzero
        self.magnitude += float(codes.total) / (2**input_bits - 1)
        self.ones += codes.ones

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
