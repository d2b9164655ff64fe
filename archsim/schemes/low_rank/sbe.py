"""Streaming batch eigenupdates (Hoskins 2019): SBPCA of one sample at a time and rank 1."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import model_validator

from archsim.schemes.base import register
from archsim.schemes.low_rank.sbpca import Sbpca
from archsim.schemes.tuned import Tuned


@register
class Sbe(Sbpca):
    """Streaming batch eigenupdates: rank 1, one sample at a time, one outer product a batch."""

    name: ClassVar[str] = "sbe"
    title: ClassVar[str] = "streaming batch eigenupdates: one outer product a batch"
    source: ClassVar[str] = "Hoskins et al., Front. Neurosci. 13:793 (2019)"
    references: ClassVar[tuple[str, ...]] = ("hoskins2019",)
    # Its rank is 1: what is left open is how the outer product is pulsed.
    tuned: ClassVar[tuple[Tuned, ...]] = (
        Tuned("train_length", 5, 40, "log"),
        Tuned("training.initial_scale", 0.5, 2.0, "log"),
    )

    estimator: Literal["sbe"] = "sbe"  # type: ignore[assignment]  # other estimators than the parent's

    @property
    def unused(self) -> frozenset[str]:
        # 0 is the rule's own rank, which is 1
        return super().unused | {"rank"}

    @model_validator(mode="after")
    def _rank_of_sbe(self):
        if self.rank > 1:
            raise ValueError("SBE is of rank 1; scheme sbpca is its form of higher rank")
        return self
