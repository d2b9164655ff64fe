"""The rows of one layer's output that the next layer waits for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RowWindow:
    """Rows of a feature map that one output row needs: kernel extent, stride and top padding."""

    kernel: int = 1
    stride: int = 1
    padding: int = 0

    def needed(self, row: int, rows: int) -> int:
        """Input rows (of `rows`) that output row `row` needs, counted from the top."""
        # Padding rows are there from the start; at the bottom no more than all rows can be needed.
        return max(0, min(rows, row * self.stride + self.kernel - self.padding))

    def produced(self, rows_in: int, rows: int) -> int:
        """Output rows (of `rows`) that are complete once `rows_in` input rows are there."""
        return max(0, min(rows, (rows_in + self.padding - self.kernel) // self.stride + 1))
