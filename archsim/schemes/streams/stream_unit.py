"""The hardware of schemes that form the weight gradient from bit streams: converters on two edges,
gates and counters between.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from archsim.schemes.shared.backward import BackwardScheme
from archsim.trace.building_blocks import parts_of
from archsim.trace.lower import Stage
from archsim.trace.operation import Operation
from hwlib.effects import FINER, MORE_WORK, Effects
from hwlib.errors import InputError

if TYPE_CHECKING:
    from archsim.chip.config import Architecture

NUMBER_BITS = 16


class StreamScheme(BackwardScheme):
    """Settings of a block of R x C stream multipliers that is moved over the outer product of a
    layer, all vectors of an image at a place.

    `length` bits a stream (L); values are converted with `resolution` bits. `sharing`: one random
    number for all converters of a side; "element": a generator for every converter; "single": one
    for both sides, which makes min(p, q) of the product (to be seen, not used).
    `inputs_parallel` R and `errors_parallel` C; every place of the block draws new streams.
    Counters of `counter_bits` count up or down.
    """

    counters_saturate: ClassVar[bool] = False
    """Whether a counter may reach its end; else it must hold all that an image can count."""
    sharings: ClassVar[tuple[str, ...]] = ("side", "element", "single")

    length: Annotated[int, Field(ge=1, le=4096), MORE_WORK] = 16
    resolution: Annotated[int, Field(ge=4, le=12), FINER] = 10
    sharing: Annotated[
        Literal["side", "element", "single"], Effects(area="any", energy="any", accuracy="any")
    ] = "side"
    encoding: Annotated[
        Literal["sign_magnitude", "bipolar"], Effects(area="any", energy="any", accuracy="any")
    ] = "sign_magnitude"
    inputs_parallel: Annotated[
        int, Field(ge=1, le=4096), Effects(area="up", energy="any", time="any", accuracy="any")
    ] = 64
    errors_parallel: Annotated[
        int, Field(ge=1, le=4096), Effects(area="up", energy="any", time="any", accuracy="any")
    ] = 32
    counter_bits: Annotated[
        int, Field(ge=4, le=32), Effects(area="up", energy="up", admits=True)
    ] = 24

    @property
    def bits(self) -> int:
        """Bits of a stream."""
        return self.length

    @property
    def generator(self) -> str:
        """Where random numbers come from: lfsr, sobol, cbram or ideal: independent numbers, shared as
        `sharing` says, which no hardware makes.
        """
        return "lfsr"

    @property
    def remarks(self) -> tuple[str, ...]:
        if self.generator != "ideal":
            return super().remarks
        told = (
            "stream_source=ideal: independent random numbers have no hardware; their generators have "
            "neither area nor energy here, so this is a reference, not a chip"
        )
        return (*super().remarks, told)

    def image_work(self, outputs: int, inputs: int, groups: int, vectors: int) -> dict[str, float]:
        """Vector-unit actions an image: the largest magnitude of both sides, and the shifted counts
        added to the gradient. Each of the
        `groups` of a convolution has so many outputs and inputs."""
        return {"compare": (outputs + inputs) * groups * vectors, "add": outputs * inputs * groups}

    def image_update(self, stage: Stage) -> list[Operation]:
        shape = stage.matrix
        return [
            self.outer_product(
                stage,
                self.image_work(
                    shape.columns, shape.rows + shape.bias, shape.groups, shape.vectors
                ),
            )
        ]

    def edges(self, outputs: int, inputs: int) -> dict[str, float]:
        """What the outer product of `outputs` x `inputs` takes a vector: places of the block,
        stream bits of both sides, numbers.

        The parts of an error (`output_errors`) have converters and gates of their own and share
        their random numbers.
        """
        blocks = -(-outputs // self.errors_parallel)
        groups = -(-inputs // self.inputs_parallel)
        of_inputs, of_errors = inputs * self.bits * blocks, outputs * self.bits * groups
        sides = {"side": 2, "single": 1}.get(self.sharing, 0)
        numbers = sides * self.bits * blocks * groups or of_inputs + of_errors
        return {
            "places": blocks * groups,
            "inputs": of_inputs,
            "errors": of_errors * self.output_errors,
            "numbers": numbers,
            "products": outputs * inputs * self.bits * self.output_errors,
        }

    def outer_product(self, stage: Stage, work: dict[str, float]) -> Operation:
        """The streams of one image: a step is a vector, or some of the places of one. `work` is the
        vector unit's an image beside them; the sums of a place leave the counters once an image."""
        shape = stage.matrix
        self._check_counters(stage)
        inputs = shape.rows + shape.bias
        edges = {
            key: count * shape.groups for key, count in self.edges(shape.columns, inputs).items()
        }
        weights = shape.columns * inputs * shape.groups
        units: dict[str, dict[str, float]] = {
            "stream_multiplier.bit": {"step": edges["products"]},
            "stream_counter.count": {"coincidences": float(weights)},
        }
        if self.generator == "cbram":
            both = edges["inputs"] + edges["errors"]
            units |= {
                "stream_source.set": {"input_density": both / self.bits},
                "stream_source.pulse": {"input_density": both},
                "stream_source.switch": {
                    "row_pulses": edges["inputs"],
                    "column_pulses": edges["errors"],
                },
            }
        else:
            if self.generator != "ideal":
                units["number_generator.number"] = {"step": edges["numbers"]}
            units["stream_converter.bit"] = {"step": edges["inputs"] + edges["errors"]}
        parts = min(parts_of(shape, int(weights)), int(edges["places"]))
        steps = shape.vectors * parts
        units = {
            action: {field: count / parts for field, count in table.items()}
            for action, table in units.items()
        }
        # The first place of an image needs its inputs and errors from the buffer; they stay at the
        # edges for the others.
        return Operation(
            name=f"{stage.name}.update",
            layer=stage.name,
            phase="update",
            kind="stream",
            steps=steps,
            parts=parts,
            input_elements=(shape.rows + shape.columns * self.output_errors) * shape.groups / parts,
            unit_work=units,
            unit_cycles=edges["places"] * self.bits / parts,
            unit_ns=edges["places"] * self.bits * self.bit_ns() / parts,
            vector_work={action: count / steps for action, count in work.items()},
            state_reads=weights / steps,
            state_writes=weights / steps,
        )

    def _check_counters(self, stage: Stage) -> None:
        """Raises InputError where the counts of an image could run over their counters."""
        most = self.length * stage.matrix.vectors
        needed = most.bit_length() + 1  # and a sign
        if self.counters_saturate or self.counter_bits >= needed:
            return
        raise InputError(
            f"the counters of {stage.name} run over: an image counts up to {most:,}",
            where="scheme.counter_bits",
            got=self.counter_bits,
            allowed=f"{needed} or more",
        )

    def bit_ns(self) -> float:
        """Time of a stream bit beyond one cycle."""
        return 0.0

    def converters(self) -> int:
        """Converters of the edges of the block."""
        return self.inputs_parallel + self.errors_parallel * self.output_errors

    def parts(self, chip: Architecture) -> dict[str, dict]:
        generators = {"side": 2, "single": 1}.get(
            self.sharing, self.inputs_parallel + self.errors_parallel
        )
        return self.stream_parts(self.converters(), generators)

    def stream_parts(self, converters: int, generators: int, gates: int = 0) -> dict[str, dict]:
        """The block with its converters, generators of numbers and `gates` further gates."""
        product = "stream_and" if self.encoding == "sign_magnitude" else "stream_xnor"
        products = self.inputs_parallel * self.errors_parallel
        entries = {
            "stream_multiplier": entry(
                product, {"output": "local"}, products * self.output_errors + gates
            ),
            "stream_counter": entry("up_down_counter", {"bits": self.counter_bits}, products),
        }
        if self.generator == "cbram":
            return entries | {"stream_source": self.source_part(converters)}
        if self.generator != "ideal":
            number = {"lfsr": "lfsr", "sobol": "sobol_generator"}[self.generator]
            entries["number_generator"] = entry(number, {"bits": NUMBER_BITS}, generators)
        converter = entry("stream_converter", {"bits": self.resolution}, converters)
        return entries | {"stream_converter": converter}

    def source_part(self, count: int) -> dict:
        """Devices in the place of generators and converters."""
        raise NotImplementedError


def entry(part: str, parameters: dict, count: int) -> dict:
    """An inventory entry of `count` equal parts on the chip."""
    return {
        "part": part,
        "parameters": parameters,
        "per": "chip",
        "count": count,
        "boundary": "chip",
    }
