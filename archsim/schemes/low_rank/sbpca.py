"""Low-rank gradients: streaming principal components of a batch's gradient, applied as a few outer
products (SBPCA, SBE, LRT).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from archsim.operators.digital_work import merge
from archsim.schemes.base import register
from archsim.schemes.low_rank.sbpca_operations import outer_products, rebuilt_writes, sides_of
from archsim.schemes.low_rank.sbpca_work import batch_work, block_work, sample_work, state_words
from archsim.schemes.shared.backward import ArrayBackward
from archsim.schemes.shared.train_generators import train_generators
from archsim.schemes.tuned import Tuned
from archsim.trace.building_blocks import parts_of
from archsim.trace.lower import Stage
from archsim.trace.operation import Operation
from hwlib.effects import COMPUTED, MORE_WORK, OTHER_MACHINE, OTHER_WORK

if TYPE_CHECKING:
    from archsim.chip.config import Architecture

# Rank where none is named: near mini-batch accuracy at 3 (Zhao 2021); SBE is of rank 1; LRT20 uses
# 4.
DEFAULT_RANKS = {"sbpca": 3, "sbe": 1, "svd": 3, "lrt": 4}


@register
class Sbpca(ArrayBackward):
    """The mean gradient G = mean d x^T of a batch is estimated as D diag(s) X^T of rank k while the
    samples stream by; every output position of a convolution is one sample.

    `estimator`: sbpca in sub-batches of `block` samples (stochastic power iterations with
    orthonormalisation; fewer where a batch would have less than two), svd the exact truncated
    decomposition of the whole sum, for reference. The rules of other papers are schemes of their
    own: `sbe` one sample at a time (rank 1), `lrt` the unbiased estimate of Kronecker terms. `rank`
    0 is 3 (sbe 1, lrt 4).
    The state is carried from batch to batch.
    `update_mode`: rank_seq applies the k outer products in the array, coded as stochastic pulse
    trains of `train_length` slots or as one shot of time and amplitude (`train_length` levels) in
    four polarity phases; rank_sum rebuilds the change digitally and programs every weight; element
    only those whose change is at least `threshold` of the layer's largest. Where a change is
    written in whole pulses it is rounded by chance or to the nearest. Of LRT only: `unbiased`,
    `condition_limit`, `max_norm` of the errors, and `least_changed`, the share of weights that must
    change by a pulse or the batch's gradient is kept for the next.
    """

    name: ClassVar[str] = "sbpca"
    title: ClassVar[str] = (
        "low-rank gradient by streaming principal components, k outer products a batch"
    )
    source: ClassVar[str] = (
        "Huang et al., ACM JETC 19(2) (2023); sub-batch form as in XBTorch; update modes: Zhao et al. 2021"
    )
    references: ClassVar[tuple[str, ...]] = ("huang2023", "xbtorch", "zhao2021")
    algorithm: ClassVar[str] = "archsim.schemes.low_rank.algorithms.sbpca_rule:LowRankRule"
    reference: ClassVar[str] = (
        "archsim.schemes.low_rank.algorithms.expected_change:reference_change"
    )
    device: ClassVar[str] = "gokmen2016"
    practice: ClassVar[dict[str, Any]] = {"learning_rate": 0.2, "batch": 16, "epochs": 6}
    trial: ClassVar[dict[str, Any]] = {"learning_rate": 0.09, "batch": 8, "device": "perfect"}
    # Rank: Huang 2023; samples that one update of the factors sees.
    tuned: ClassVar[tuple[Tuned, ...]] = (Tuned("rank", 1, 10, "log"), Tuned("block", 4, 32, "log"))

    estimator: Annotated[Literal["sbpca", "svd"], OTHER_WORK] = "sbpca"
    rank: Annotated[int, Field(ge=0, le=60), OTHER_WORK] = 0
    block: Annotated[int, Field(ge=1, le=65536), COMPUTED] = 32
    initial_singular_value: Annotated[float, Field(ge=0, le=1000), COMPUTED] = 0.01
    update_mode: Annotated[Literal["rank_seq", "rank_sum", "element"], OTHER_MACHINE] = "rank_seq"
    encoding: Annotated[Literal["pulse_trains", "amplitude"], OTHER_MACHINE] = "pulse_trains"
    train_length: Annotated[int, Field(ge=1, le=64), MORE_WORK] = 31
    update_management: Annotated[bool, COMPUTED] = True
    length_management: Annotated[bool, COMPUTED] = True
    threshold: Annotated[float, Field(ge=0, lt=1), COMPUTED] = 0.1
    rounding: Annotated[Literal["stochastic", "nearest"], COMPUTED] = "stochastic"
    unbiased: Annotated[bool, COMPUTED] = True
    condition_limit: Annotated[float, Field(ge=1, le=1e12), COMPUTED.as_limit()] = 100.0
    max_norm: Annotated[bool, OTHER_WORK] = True
    least_changed: Annotated[float, Field(ge=0, lt=1), COMPUTED.as_limit()] = 0.01

    @property
    def remarks(self) -> tuple[str, ...]:
        exact = (
            "estimator svd is the exact truncated decomposition of the whole gradient, a "
            "reference: not the rule of the scheme's source"
        )
        return (exact,) if self.estimator == "svd" else ()

    @property
    def unused(self) -> frozenset[str]:
        estimator = self.estimator
        sequential = self.update_mode == "rank_seq"
        idle = set() if estimator == "sbpca" else {"block"}
        idle |= {"initial_singular_value"} if estimator in ("sbe", "lrt") else set()
        idle |= set() if estimator == "lrt" else {"unbiased", "condition_limit", "max_norm"}
        idle |= set() if estimator == "lrt" and not sequential else {"least_changed"}
        idle |= set() if self.update_mode == "element" else {"threshold"}
        trains = {"update_management", "length_management"}
        if not sequential:
            return super().unused | idle | trains | {"encoding", "train_length"}
        return super().unused | idle | ({"rounding"} if self.encoding == "pulse_trains" else trains)

    def unused_on(self, device: Collection[str] | None) -> frozenset[str]:
        idle = super().unused_on(device)
        if device is None:
            # A change is added as it is, and no weight is less than a pulse away. How long the
            # arrays would take over it is counted all the same, by its code and length.
            managed = {"update_management", "length_management"}
            return idle | managed | {"rounding", "least_changed"}
        verified = self.update_mode != "rank_seq" and "verify_window" in device
        return idle | ({"rounding"} if verified else set())

    def rank_of(self, a: int, b: int) -> int:
        """The rank in a layer of a x b weights."""
        return min(self.rank or DEFAULT_RANKS[self.estimator], a, b)

    def block_of(self, samples: int) -> int:
        """Samples of a sub-batch: one sub-batch a batch does not converge from a cold start, so
        there are two at least.
        """
        return max(1, min(self.block, -(-samples // 2)))

    def image_update(self, stage: Stage) -> list[Operation]:
        a, b = sides_of(stage)
        k = self.rank_of(a, b)
        words = a + b
        work = sample_work(self.estimator, a, b, k)
        if self.estimator == "lrt" and self.max_norm:
            work = merge(work, {"compare": a, "multiply": a})
        # SBPCA keeps the samples of a sub-batch and reads them in its passes; the others read and
        # write their state at every sample
        reads: float = 3 * a + 2 * b
        writes: float = words
        if self.estimator != "sbpca":
            reads = writes = state_words(self.estimator, a, b, k)
        parts = 1
        if self.estimator == "svd":  # the sums stay in the lanes for an image
            parts = parts_of(stage.matrix, a * b)
            reads = writes = a * b / stage.matrix.vectors
        return [
            Operation(
                name=f"{stage.name}.stream",
                layer=stage.name,
                phase="update",
                kind="digital",
                steps=stage.matrix.vectors * parts,
                input_elements=words / parts,
                vector_work=merge(work, scale=1 / parts),
                state_reads=reads / parts,
                state_writes=writes / parts,
                parts=parts,
            )
        ]

    def batch_update(self, stage: Stage, batch: int) -> list[Operation]:
        a, b = sides_of(stage)
        k = self.rank_of(a, b)
        samples = batch * stage.matrix.vectors
        operations = []
        if self.estimator == "sbpca":
            blocks = -(-samples // self.block_of(samples))
            operations.append(
                Operation(
                    name=f"{stage.name}.orthonormalise",
                    layer=stage.name,
                    phase="update",
                    kind="digital",
                    steps=blocks,
                    vector_work=block_work(a, b, k),
                    state_reads=2 * k * (a + b),
                    state_writes=2 * k * (a + b),
                )
            )
        elif batch_work(self.estimator, a, b, k):
            words = state_words(self.estimator, a, b, k)
            operations.append(
                Operation(
                    name=f"{stage.name}.estimate",
                    layer=stage.name,
                    phase="update",
                    kind="digital",
                    steps=1,
                    vector_work=batch_work(self.estimator, a, b, k),
                    state_reads=words,
                    state_writes=k * (a + b),
                )
            )
        return operations + (
            outer_products(self, stage, k)
            if self.update_mode == "rank_seq"
            else rebuilt_writes(self, stage, k)
        )

    def state_words(self, stages: list[Stage]) -> dict[str, float]:
        sides = [(*sides_of(stage), stage.matrix.vectors) for stage in stages if stage.on_array]
        name = "gradient" if self.estimator == "svd" else "factors"
        words = {
            name: float(
                sum(state_words(self.estimator, a, b, self.rank_of(a, b)) for a, b, _ in sides)
            )
        }
        if self.estimator == "sbpca":
            words["samples of a sub-batch"] = float(sum(self.block * (a + b) for a, b, _ in sides))
        if self.update_mode != "rank_seq":
            # one layer after the other
            words["rebuilt change"] = float(max(a * b for a, b, _ in sides))
        return words

    def parts(self, chip: Architecture) -> dict[str, dict]:
        if self.update_mode != "rank_seq" or self.encoding != "pulse_trains":
            return {}
        return train_generators(chip)
