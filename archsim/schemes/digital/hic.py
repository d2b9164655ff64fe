"""HIC: multi-level devices carry the weight, binary devices an accumulator of few bits; only its
carries reach the weight (Joshi 2021).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Annotated, Any, ClassVar

from pydantic import Field

from archsim.schemes.base import register
from archsim.schemes.shared.gradient_scheme import GradientOnArray
from archsim.schemes.tuned import Tuned
from archsim.trace.building_blocks import optimiser_step, program_weights
from archsim.trace.layer_matrix import LayerMatrix
from archsim.trace.lower import Stage
from archsim.trace.operation import READ_CHAIN, Activity, Operation
from hwlib.effects import COMPUTED, MORE_WORK, Effects

# Share of the devices of the pairs that a mini-batch writes, until it is measured: lenet1 on MNIST.
CARRIED = 0.0015


@register
class Hic(GradientOnArray):
    """q <- q + round(rate dW 2^(bits - 1)/e) at random; n = trunc(q / 2^(bits - 1)) carries go to the
    weight as blind pulses of n e, and q keeps the remainder with its sign.

    A register of `bits` in two's complement holds less than a carry of either sign, so a weight
    that was just written waits for a whole carry up or down: noise of the gradient does not write
    it to and fro (Nandakumar 2020, whose accumulator of 32 bits HIC makes short). e is
    `carry_pulses` mean pulse steps of the device (exact weights: `carry_step`), a level of the
    multi-level pair. The smaller it is, the more of the gradient's noise reaches the pair, whose two
    devices are never equal. The accumulator bits lie on an array of their own in pairs of cells,
    read and written back by rows once a batch, where only flipped bits are written. Only the paper's
    abstract was read: seven bits of the accumulator and four of the pair are assumed. The default
    device is a pair whose pulses are small beside a weight: the first pulse of the preset `pcm`
    after a reset moves a weight by 0.28.

    Silicon: nothing is verified. The accumulators have their own lines, drivers and multiplexers;
    their rows are read by the converters of the weights, tile after tile where those are fewer. A
    comparator would do for a bit: converters of the full width are dear.
    """

    name: ClassVar[str] = "hic"
    title: ClassVar[str] = (
        "multi-level weight and binary accumulator cells, only carries are written"
    )
    source: ClassVar[str] = "Joshi et al., arXiv 2102.05271 (ISCAS 2021); accumulator law derived"
    references: ClassVar[tuple[str, ...]] = ("joshi2021",)
    algorithm: ClassVar[str] = "archsim.schemes.digital.algorithms.hic_rule:HicRule"
    reference: ClassVar[str] = "archsim.schemes.digital.algorithms.hic_rule:expected_carries"
    device: ClassVar[str] = "one_sided_soft"
    practice: ClassVar[dict[str, Any]] = {"learning_rate": 0.2, "batch": 16}
    trial: ClassVar[dict[str, Any]] = {
        "learning_rate": 2.0,
        "device_settings": {"pulse_noise": 0.0},
    }
    # How much a carry writes: what the accumulator's length and the device's step leave open.
    tuned: ClassVar[tuple[Tuned, ...]] = (Tuned("bits", 4, 9), Tuned("carry_pulses", 4, 64, "log"))

    # A weight and batch: the scaled step, its stochastic rounding, the addition to the accumulator.
    weight_work: ClassVar[dict[str, float]] = {"multiply": 1, "compare": 1, "add": 2}

    bits: Annotated[
        int, Field(ge=2, le=16), Effects(area="up", energy="any", time="any", accuracy="any")
    ] = 7
    # Chosen among 8, 16, 32 and 62 on held-out images, as often each (docs/schemes.md); 62 pulses of
    # the default device, 500 of which lead from zero to its bound, are one of eight levels.
    carry_pulses: Annotated[int, Field(ge=1, le=64), MORE_WORK] = 62
    carry_step: Annotated[float, Field(gt=0, le=1), COMPUTED] = 0.125

    def unused_on(self, device: Collection[str] | None) -> frozenset[str]:
        own = "carry_pulses" if device is None else "carry_step"
        return super().unused_on(device) | {own}

    @property
    def pairs(self) -> int:
        """Pairs of cells that hold an accumulator."""
        return -(-self.bits // 2)

    def arrays(self, stages: list[Stage]) -> list[LayerMatrix]:
        return [
            LayerMatrix(
                f"{m.layer}.accumulator",
                m.rows + m.bias,
                m.columns * self.pairs,
                m.groups,
                lender=m.layer,
                borrowed=READ_CHAIN,
            )
            for m in (stage.matrix for stage in stages if stage.on_array)
        ]

    def setup_operations(self, stages: list[Stage]) -> list[Operation]:
        shapes = [stage.matrix for stage in stages if stage.on_array]
        return super().setup_operations(stages) + [
            Operation(
                name=f"{m.layer}.erase",
                layer=m.layer,
                phase="setup",
                kind="write",
                steps=m.rows + m.bias,
                array=f"{m.layer}.accumulator",
                activity=Activity(devices_written=1.0, write_pulses=1.0, verify_reads=0.0),
            )
            for m in shapes
        ]

    def batch_update(self, stage: Stage, batch: int) -> list[Operation]:
        shape = stage.matrix
        accumulator = f"{stage.name}.accumulator"
        rows = shape.rows + shape.bias
        bits = shape.columns * shape.groups * self.pairs
        read = Operation(
            name=f"{stage.name}.read_accumulator",
            layer=stage.name,
            phase="update",
            kind="read",
            steps=rows,
            lines=1,
            array=accumulator,
            input_elements=shape.groups,
            output_elements=shape.columns * shape.groups,
            activity=Activity(input_density=1.0, bit_density=1.0, magnitude=1.0),
        )
        write = Operation(
            name=f"{stage.name}.write_accumulator",
            layer=stage.name,
            phase="update",
            kind="write",
            steps=rows,
            array=accumulator,
            input_elements=0.25 * bits,
            activity=Activity(devices_written=0.25, write_pulses=1.0, verify_reads=0.0),
        )
        optimiser = optimiser_step(stage, self.weight_work, 1)
        # the registers that were read
        optimiser = replace(optimiser, input_elements=shape.trained / optimiser.steps)
        carries = program_weights(stage, CARRIED, verify_reads=0.0)
        carries = replace(
            carries, activity=replace(carries.activity, write_pulses=float(self.carry_pulses))
        )
        return [read, optimiser, write, carries]

    def state_words(self, stages: list[Stage]) -> dict[str, float]:
        return {"gradient": float(sum(s.matrix.trained for s in stages if s.on_array))}
