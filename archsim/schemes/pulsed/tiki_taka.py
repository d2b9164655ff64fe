"""Tiki-Taka: gradients gather on a fast array, are read line by line and reach the weights slowly
(Gokmen 2020, 2021; Rasch 2024).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from archsim.chip.standard import STANDARD_CHIP
from archsim.schemes.base import register
from archsim.schemes.pulsed.rpu import Rpu
from archsim.schemes.tuned import Tuned
from archsim.trace.building_blocks import (
    copy_to_reference,
    initial_weights,
    reference_array,
    symmetry_pulses,
    with_length,
)
from archsim.trace.layer_matrix import LayerMatrix
from archsim.trace.lower import Stage
from archsim.trace.operation import READ_CHAIN, TRAIN_GENERATORS, Activity, Operation
from hwlib.effects import COMPUTED, MORE_WORK, OTHER_MACHINE, OTHER_WORK, Effects

# Arithmetic of a read line, a value (Rasch 2024, Table 1: 2 operations, for AGAD 6), beside the
# compare that fires a pulse.
READ_WORK: dict[str, dict[str, float]] = {
    "v1": {"multiply": 1, "compare": 1},
    "v2": {"multiply_add": 1, "compare": 1},
    "chopped": {"multiply_add": 1, "compare": 1},
    "agad": {"add": 1, "multiply": 1, "multiply_add": 2, "compare": 1},
}
# Digital words that a read line reads and writes, a value.
READ_WORDS = {"v1": (0, 0), "v2": (1, 1), "chopped": (1, 1), "agad": (3, 2)}


@register
class TikiTaka(Rpu):
    """Every vector is a pulsed update of the fast array A; every `transfer_every` vectors one line
    of it is read.

    v1 (Gokmen & Haensch 2020): the line read against the reference array R is itself a pulsed
    update of the weights; the rates of the two updates are `fast_rate` and `transfer_rate` times
    the learning rate. Nothing averages the reads, so it needs devices of many states.
    v2: the line is added to a digital matrix H, whose entries past one give one pulse each and
    start anew. chopped (c-TTv2): the signs of the inputs of A are flipped at random after a read,
    so that errors of R average out. agad: flips are regular and the reference is a digital running
    mean of the reads themselves: no array R; nothing is written before the first flip, which a
    layer of n lines reaches after n x `period` x `transfer_every` vectors.

    `train_length` slots at most; `fast_rate`, `gamma`, `read_noise` of a line (weight units; none: that
    of the chip's outputs, whose converters round it), `flip_probability`, `period` (reads between flips),
    `tail` as in Rasch 2024, Eq. 10-15. `divide_by_fast_rate`: the division of Eq. 14, by which the
    learning rate is that of gradient descent in every layer; the paper's own runs drop it, and a
    rate then suits one number of vectors an image only.
    `reference_error` is the standard deviation of R around what A was read as. The gradient is
    taken at the weights alone. A layer with more vectors an image than `transfer_every` is read a
    whole number of times an image.

    Silicon: A is pulsed while the weights rest and read while they are not, so it has cells, lines
    with their drivers and bit-stream generators, a multiplexer and a sequencer, and is read through
    the input and output converters of the weights' tile, which is held meanwhile (`fast_converters`
    own: it has its own). The papers count arrays only and leave the sharing open; two devices in
    one cross-point (Gokmen 2020), which share their integrator, are the picture. Generators stand
    at A alone: pulses on the weights are single and determined, or (v1) drawn by A's. R is never
    read alone: see `common.reference_array`. Once, before a training, A is driven to its symmetry
    points by `symmetry_pulses`, alternating, and R written from it: few leave it off (more than 100
    gain nothing at a step of 0.1, at 0.01 a third of the way is left), many leave the noise of the
    last pulses. Each line is read `reference_reads` times with a pulse between, and R gets the mean:
    one read alone is half a step below the symmetry point on every device, which v1 and v2 gather
    as a gradient. The papers' simulations have an exact R, or a stated error without a mean.
    `transfer_unit` image: `transfer_every` counts images, and every layer has one line read (as
    aihwkit, units_in_mbatch); vector: a convolution is read many times an image.
    """

    name: ClassVar[str] = "tiki_taka"
    title: ClassVar[str] = (
        "gradient on a fast array, transfer line by line to the weights: Tiki-Taka v1, v2, chopped, AGAD"
    )
    source: ClassVar[str] = (
        "Gokmen & Haensch 2020; Gokmen 2021; Rasch et al., Nat. Commun. 15:7133 (2024)"
    )
    references: ClassVar[tuple[str, ...]] = ("gokmen2020", "gokmen2021", "rasch2024")
    algorithm: ClassVar[str] = "archsim.schemes.pulsed.algorithms.tiki_taka_rule:TikiTakaRule"
    reference: ClassVar[str] = "archsim.schemes.pulsed.algorithms.tiki_taka_reference:twin_change"
    device: ClassVar[str] = "rasch2024_20_states"
    default_chip: ClassVar[str] = STANDARD_CHIP
    practice: ClassVar[dict[str, Any]] = {"learning_rate": 0.05, "epochs": 8}
    # A small batch moves weights where the gain of the hidden matrix is not divided.
    trial: ClassVar[dict[str, Any]] = {
        "learning_rate": 2.0,
        "batch": 64,
        "scheme_settings": {"divide_by_fast_rate": False},
    }

    variants: ClassVar[dict[str, dict[str, dict[str, Any]]]] = {
        "v1": {
            "practice": {
                "learning_rate": 0.05,
                "epochs": 6,
                "device_settings": {"pulse_step": 0.01},
                "scheme_settings": {"version": "v1", "symmetry_pulses": 1000},
            },
            "trial": {"scheme_settings": {"version": "v1"}},
        },
        "v2": {
            "practice": {"scheme_settings": {"version": "v2"}},
            "trial": {"scheme_settings": {"version": "v2", "divide_by_fast_rate": False}},
        },
        "agad": {
            "practice": {"epochs": 10, "scheme_settings": {"version": "agad"}},
            "trial": {
                "scheme_settings": {"version": "agad", "divide_by_fast_rate": False, "period": 2}
            },
        },
    }
    # How often lines are transferred and how far the fast array moves: Gokmen & Haensch 2020.
    tuned: ClassVar[tuple[Tuned, ...]] = (
        Tuned("transfer_every", 1, 10, "log"),
        Tuned("fast_rate", 0.25, 4.0, "log"),
    )

    version: Annotated[Literal["v1", "v2", "chopped", "agad"], OTHER_MACHINE] = "chopped"
    transfer_every: Annotated[int, Field(ge=1, le=100_000), OTHER_WORK] = 2
    transfer_unit: Annotated[Literal["vector", "image"], OTHER_WORK] = "vector"
    train_length: Annotated[int, Field(ge=1, le=64), MORE_WORK] = 5
    fast_rate: Annotated[float, Field(gt=0, le=1e6), COMPUTED] = 1.0
    transfer_rate: Annotated[float, Field(gt=0, le=1e6), COMPUTED] = 1.0
    gamma: Annotated[float, Field(gt=0, le=1e9), COMPUTED] = 200.0
    read_noise: Annotated[Annotated[float, Field(ge=0, le=100)] | None, COMPUTED] = None
    flip_probability: Annotated[float, Field(ge=0, le=1), COMPUTED] = 0.1
    period: Annotated[int, Field(ge=2, le=100_000), COMPUTED] = 10
    tail: Annotated[float, Field(gt=0, le=1), COMPUTED] = 0.5
    reference_error: Annotated[float, Field(ge=0, le=100), COMPUTED] = 0.0
    divide_by_fast_rate: Annotated[bool, COMPUTED] = True
    fast_converters: Annotated[
        Literal["shared", "own"], Effects(area="any", energy="any", time="any", accuracy="ageing")
    ] = "shared"
    symmetry_pulses: Annotated[int, Field(ge=1, le=1_000_000), MORE_WORK] = 100
    reference_reads: Annotated[int, Field(ge=1, le=1000), MORE_WORK] = 2

    @model_validator(mode="after")
    def _a_pulse_between_reads(self) -> TikiTaka:
        if self.reads_reference and self.reference_reads > self.symmetry_pulses + 1:
            raise ValueError("reference_reads is at most symmetry_pulses + 1: a pulse lies between")
        return self

    @property
    def unused(self) -> frozenset[str]:
        own = {"v1": {"transfer_rate"}, "chopped": {"flip_probability"}, "agad": {"period", "tail"}}
        own_of_others = set().union(
            *(names for version, names in own.items() if version != self.version)
        )
        hidden = {"gamma", "divide_by_fast_rate"} if self.version == "v1" else set()
        return (
            super().unused
            | own_of_others
            | hidden
            | (set() if self.reads_reference else {"reference_error", "reference_reads"})
        )

    @property
    def read_work(self) -> dict[str, float]:
        """Arithmetic of a read line, a value."""
        return READ_WORK[self.version]

    @property
    def reads_reference(self) -> bool:
        """Whether A is read against an array R."""
        return self.version != "agad"

    def transfers(self, vectors: int) -> tuple[int, int]:
        """(reads an image, images between them) of a layer with so many vectors an image."""
        if self.transfer_unit == "image":
            return 1, self.transfer_every
        if vectors >= self.transfer_every:
            return vectors // self.transfer_every, 1
        return 1, round(self.transfer_every / vectors)

    def drive_pulses(self, stage: Stage) -> int:
        """Alternating pulses before a training: those of the drive, and one between two reads of each
        line, so that the mean of a line's reads needs no memory for the whole array.
        """
        lines = stage.matrix.rows + stage.matrix.bias
        between = (self.reference_reads - 1) * lines if self.reads_reference else 0
        return self.symmetry_pulses + between

    def arrays(self, stages: list[Stage]) -> list[LayerMatrix]:
        matrices = []
        for stage in (stage for stage in stages if stage.on_array):
            fast = replace(stage.matrix, layer=f"{stage.name}.fast", vectors=1)
            if self.fast_converters == "shared":
                fast = replace(fast, lender=stage.name, borrowed=(*READ_CHAIN, "write_driver"))
            matrices += (
                [fast, reference_array(stage, fast.layer)] if self.reads_reference else [fast]
            )
        return matrices

    def weights_matrix(self, stage: Stage) -> LayerMatrix:
        return replace(stage.matrix, lender=f"{stage.name}.fast", borrowed=TRAIN_GENERATORS)

    def setup_operations(self, stages: list[Stage]) -> list[Operation]:
        operations = []
        for stage in (stage for stage in stages if stage.on_array):
            fast = f"{stage.name}.fast"
            operations.append(symmetry_pulses(stage, fast, self.drive_pulses(stage)))
            if self.reads_reference:
                operations += copy_to_reference(stage, fast, self.reference_reads)
            operations.append(initial_weights(stage))
        return operations

    def image_update(self, stage: Stage) -> list[Operation]:
        shape = stage.matrix
        name = stage.name
        outputs = shape.columns * shape.groups
        reads, every = self.transfers(shape.vectors)
        taken, kept = READ_WORDS[self.version]
        fast = with_length(
            replace(super().image_update(stage)[0], array=f"{name}.fast"), self.train_length
        )
        read = Operation(
            name=f"{name}.transfer_read",
            layer=name,
            phase="update",
            kind="read",
            steps=reads,
            every=every,
            lines=1,
            array=f"{name}.fast",
            against=f"{name}.reference" if self.reads_reference else None,
            input_elements=shape.groups,
            output_elements=outputs,
            vector_work={action: count * outputs for action, count in self.read_work.items()},
            state_reads=taken * outputs,
            state_writes=kept * outputs,
            after=(fast.name,),
            activity=Activity(input_density=1.0, bit_density=1.0, magnitude=1.0),
        )
        trains = self.version == "v1"
        pulses = Operation(
            name=f"{name}.transfer",
            layer=name,
            phase="update",
            kind="pulse_update",
            steps=reads,
            every=every,
            lines=1,
            random=trains,
            input_elements=outputs,
            after=(read.name,),
            activity=Activity(
                row_pulses=1.0, column_pulses=0.01, coincidences=0.01, train_length=1.0
            ),
        )
        pulses = with_length(pulses, self.train_length) if trains else pulses
        return [fast, read, pulses]

    def state_words(self, stages: list[Stage]) -> dict[str, float]:
        weights = float(sum(s.matrix.trained for s in stages if s.on_array))
        if self.version == "v1":
            return {}
        words = {"hidden matrix": weights}
        return (
            words | {"mean of the reads": weights, "reference of the reads": weights}
            if self.version == "agad"
            else words
        )
