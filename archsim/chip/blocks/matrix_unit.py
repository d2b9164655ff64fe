"""Multiply-accumulate units for products of two activations, which have no weights on an array."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from archsim.chip.blocks.base import Acts, Block, ServerPlan
from archsim.chip.blocks.core import cores_of
from archsim.chip.blocks.step import Step
from archsim.chip.blocks.vector_unit import WORD_BITS
from archsim.chip.section import Section
from archsim.operators.sizes import MatrixProduct
from archsim.trace.operation import Operation, Trace
from hwlib.effects import OTHER_CIRCUIT, Effects
from hwlib.errors import InputError

if TYPE_CHECKING:
    from archsim.chip.config import Architecture  # see base.py
    from archsim.chip.usage import Usage

GUARD_BITS = 4
"""Of a sum of products, beside those of a product: as in the synthesised unit of hwlib."""
# No product of two activations is part of a training, so that no device ages meanwhile.
MORE = Effects(area="up", energy="any", time="down")
# more rows than a product has, or a width that does not divide it, stand idle
UNIT = Effects(area="up", energy="any", time="any")


class MatrixUnitSettings(Section):
    """Units of multiply-accumulates (MACs) beside the vector unit, each a grid that holds a block of
    the second operand while vectors of the first one pass: QK^T and AV of an attention. A chip of
    cores has them in every core.
    """

    rows: Annotated[int, Field(ge=0, le=4096), UNIT] = 0
    """Values of a vector that a unit takes in a cycle; 0: there is none, and the lanes of the vector
    unit multiply.
    """
    columns: Annotated[int, Field(ge=1, le=4096), UNIT] = 32
    """Results that a unit adds to in a cycle."""
    units: Annotated[int, Field(ge=1, le=4096), MORE] = 1
    """Units of the chip, or of a core; they take blocks in turn."""
    vectors: Annotated[int, Field(ge=1, le=65536), MORE] = 32
    """Vectors that pass a block before the next one is taken, their sums being kept: the second
    operand is read once for so many.
    """
    format: Annotated[Literal["int8", "int16"], OTHER_CIRCUIT] = "int8"
    """Format of both operands; inputs of more bits (`read.input_bits`) are refused."""

    @property
    def operand_bits(self) -> int:
        return WORD_BITS[self.format]

    @property
    def sum_bits(self) -> int:
        """Bits of a sum of products."""
        return 2 * self.operand_bits + GUARD_BITS


def multiplies(run: Usage) -> bool:
    """Whether a unit is there and has something to multiply."""
    return run.built.chip.matrix_unit.rows > 0 and any(op.products for op in run.operations)


def counts_macs(run: Usage) -> bool:
    """Whether a part is there for each MAC."""
    return any(part.per == "mac" for part in run.built.chip.components.values())


def keeps_sums(run: Usage) -> bool:
    """Whether a unit multiplies, or has a memory of sums whose size follows from its vectors."""
    chip = run.built.chip
    return multiplies(run) or (chip.matrix_unit.rows > 0 and "matrix_sum" in chip.components)


def has_parts(run: Usage) -> bool:
    """Whether a unit multiplies, or has parts whose number or size follows from its settings."""
    return keeps_sums(run) or (run.built.chip.matrix_unit.rows > 0 and counts_macs(run))


ACTS = Acts(multiplies, "there is no matrix unit (matrix_unit.rows), or no product of activations")


class MatrixUnit(Block[MatrixUnitSettings]):
    """A vector passes a block of rows x columns in a cycle. Blocks at the edges of a matrix are not
    full, and take a cycle all the same. The next block is loaded beside the work on this one.
    """

    name = "matrix_unit"
    section = MatrixUnitSettings
    up = 12
    roles = ("matrix_unit", "matrix_operand", "matrix_sum")
    without = frozenset({"matrix_operand", "matrix_sum"})
    per = "mac"
    in_every_core = True
    optional = True
    only_times = True
    acts = {
        "rows": Acts(
            lambda run: multiplies(run) or counts_macs(run),
            "no two activations are multiplied, and no part is for a MAC",
        ),
        "columns": Acts(has_parts, ACTS.otherwise),
        "units": Acts(has_parts, ACTS.otherwise),
        "vectors": Acts(keeps_sums, ACTS.otherwise),
        "format": Acts(has_parts, ACTS.otherwise),
    }

    def servers(self, chip: Architecture, trace: Trace) -> tuple[ServerPlan, ...]:
        if chip.core.tiles or not self.settings(chip).rows:
            return ()
        return (ServerPlan("matrix_unit", "matrix_unit"),)

    def parts(self, chip: Architecture, tiles: int) -> int:
        settings = self.settings(chip)
        return settings.rows * settings.columns * settings.units * cores_of(chip, tiles)

    def plan_step(self, step: Step) -> None:
        settings = self.settings(step.chip)
        operation = step.operation
        if not settings.rows or not operation.products:
            return
        _check_bits(step.chip)
        steps = operation.steps
        multiply_adds = sum(item.multiply_adds for item in operation.products) / steps
        rest = step.work.pop("multiply_add", 0.0) - multiply_adds
        # What is left of a difference of two equal counts is rounding, no work.
        if rest > 1e-9 * multiply_adds:
            step.work["multiply_add"] = rest
        step.count("matrix_unit", "multiply_add", multiply_adds)
        again = 0.0
        for item in operation.products:
            deep = -(-item.rows // settings.rows)
            wide = -(-item.columns // settings.columns)
            step.matrix_passes += item.vectors * deep * wide / steps
            # the first block of a column of blocks begins its sums, the others go on with them
            step.count("matrix_sum", "write", item.vectors * deep * wide / steps)
            step.count("matrix_sum", "read", item.vectors * (deep - 1) * wide / steps)
            values = item.matrices * item.rows * item.columns
            loads = loads_of(item, settings)
            step.count("matrix_operand", "write", values * loads / steps)
            again += values * (loads - 1) / steps
        # The first loading is among the inputs of the operation already.
        step.elements_in += again
        step.bits_in += again * step.chip.read.input_bits
        step.plan.up[self.name] = math.ceil(step.matrix_passes / settings.units - 1e-9)


def loads_of(product: MatrixProduct, settings: MatrixUnitSettings) -> int:
    """How often every value of a matrix is taken."""
    # Vectors of one matrix in groups that share a loading; the last group may be smaller, and loads
    # all the same.
    return -(-(product.vectors // product.matrices) // settings.vectors)


def read_again(operation: Operation, chip: Architecture) -> float:
    """Values of second operands that a step reads another time; none without a unit."""
    settings: MatrixUnitSettings = BLOCK.settings(chip)
    if not settings.rows:
        return 0.0
    values = (
        item.matrices * item.rows * item.columns * (loads_of(item, settings) - 1)
        for item in operation.products
    )
    return sum(values) / operation.steps


def matrix_values(chip: Architecture) -> dict[str, float]:
    """What parameters of parts may name of the units: `matrix_bits` of an operand,
    `matrix_word_bits` of the sums of a row of MACs, `matrix_sum_kib` of all sums of the chip, or of
    a core.
    """
    settings = BLOCK.settings(chip)
    word = settings.columns * settings.sum_bits
    kept = settings.units * settings.vectors * word / 8192
    return {
        "matrix_bits": settings.operand_bits,
        "matrix_word_bits": word,
        # The smallest memory that the part's law knows.
        "matrix_sum_kib": max(0.0625, kept),
    }


def _check_bits(chip: Architecture) -> None:
    """Refuse inputs that an operand of the unit cannot hold."""
    bits = chip.read.input_bits
    held = chip.matrix_unit.operand_bits
    if bits > held:
        raise InputError(
            f"the matrix unit multiplies numbers of {held} bits, inputs have {bits}",
            where=f"{chip.origin}: matrix_unit.format",
            got=chip.matrix_unit.format,
            hint="set matrix_unit.format=int16, or fewer read.input_bits",
        )


BLOCK = MatrixUnit()
