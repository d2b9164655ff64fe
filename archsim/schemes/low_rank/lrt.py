"""Low-rank training (Gural 2020): unbiased sums of Kronecker terms in place of principal components."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from archsim.schemes.base import register
from archsim.schemes.low_rank.sbpca import Sbpca
from archsim.schemes.tuned import Tuned
from hwlib.effects import COMPUTED, OTHER_MACHINE


@register
class Lrt(Sbpca):
    """Low-rank training: an unbiased rank-r sum of Kronecker terms, rebuilt and written where it
    changes a weight by a pulse.
    """

    name: ClassVar[str] = "lrt"
    title: ClassVar[str] = (
        "low-rank training: unbiased rank-r sums, written once enough weights change"
    )
    source: ClassVar[str] = "Gural, Nadeau, Tikekar, Murmann, arXiv 2009.03887 (2020)"
    references: ClassVar[tuple[str, ...]] = ("gural2020",)
    practice: ClassVar[dict[str, Any]] = {"learning_rate": 0.05, "batch": 16, "epochs": 6}
    # the expectation is over the signs: full writes of an unbiased estimate that leaves no sample
    # out
    trial: ClassVar[dict[str, Any]] = {
        "learning_rate": 0.1,
        "batch": 8,
        "device": "none",
        "scheme_settings": {"rank": 2, "condition_limit": 1e12},
    }
    # Rank and the condition number above which a sample is left out: Gural 2020.
    tuned: ClassVar[tuple[Tuned, ...]] = (
        Tuned("rank", 1, 10, "log"),
        Tuned("condition_limit", 10.0, 1000.0, "log"),
    )

    estimator: Literal["lrt"] = "lrt"  # type: ignore[assignment]  # other estimators than the parent's
    update_mode: Annotated[Literal["rank_seq", "rank_sum", "element"], OTHER_MACHINE] = "rank_sum"
    rounding: Annotated[Literal["stochastic", "nearest"], COMPUTED] = "nearest"
