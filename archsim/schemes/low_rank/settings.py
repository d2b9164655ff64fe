"""What the low-rank rules read of their schemes, `Sbpca` and its children."""

from __future__ import annotations

from typing import Protocol


class LowRankSettings(Protocol):
    """See `archsim.schemes.low_rank.sbpca.Sbpca` for what they mean."""

    initial_singular_value: float
    train_length: int
    update_management: bool
    length_management: bool
    threshold: float
    unbiased: bool
    condition_limit: float
    max_norm: bool
    least_changed: float

    @property
    def estimator(self) -> str: ...
    @property
    def update_mode(self) -> str: ...
    @property
    def encoding(self) -> str: ...
    @property
    def rounding(self) -> str: ...
    def rank_of(self, a: int, b: int) -> int: ...
    def block_of(self, samples: int) -> int: ...
