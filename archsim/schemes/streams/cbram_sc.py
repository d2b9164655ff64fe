"""Stochastic optimiser on streams whose bits come from CBRAM devices (after Lammie 2021), or from
LFSR or Sobol generators.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from archsim.schemes.base import register
from archsim.schemes.shared.optimiser import OptimiserScheme
from archsim.schemes.streams.stream_unit import StreamScheme, entry
from archsim.schemes.tuned import Tuned
from archsim.trace.building_blocks import program_weights
from archsim.trace.lower import Stage
from archsim.trace.operation import Activity, Operation
from hwlib.effects import COMPUTED, FINER, OTHER_MACHINE, SIDE_BY_SIDE, SLOWER

if TYPE_CHECKING:
    from archsim.chip.config import Architecture

# Streams, counters and gates of an optimiser unit.
STREAMS_OF = {"sgd": 0, "momentum": 2, "adam": 6}
COUNTERS_OF = {"sgd": 0, "momentum": 1, "adam": 3}
GATES_OF = {"sgd": 0, "momentum": 0, "adam": 2}


@register
class CbramStochastic(StreamScheme, OptimiserScheme):
    """Gradient from the stochastic outer product; SGD adds it, momentum and Adam work on streams of
    it, weight by weight.

    momentum: leaky average of `first_bits`, beta = (1 - 2^-bits)^L. adam: second moment of
    `second_bits` on the product of two streams of
    |g|, square root by an integrator of `root_bits`, m/sqrt(v) by a dividing state machine, clipped
    at 1. What the paper made stochastic, its optimiser, encoding, stream length and devices are not
    published: this is our configuration, its constants are unverified.

    A device makes a bit in a SET, a sense and a RESET of `pulse_ns`. Its driver holds the
    predistorted voltage of the probability with
    `driver_bits`; tau of a device spreads lognormally by `device_spread` (fixed) and `pulse_spread`
    (each pulse).

    The suggested rates train digits_cnn on the digits in three epochs (mini-batches of 8, seeds 1
    to 3) to a test error of 2.5 to 6.1 % (SGD, 0.1), 1.7 to 4.4 % (momentum, 0.01) and 3.1 to 7.5 %
    (Adam, 0.001); Adam at 0.01 ends at 5.8 %, at 0.03 at 10 %.
    """

    name: ClassVar[str] = "cbram_sc"
    title: ClassVar[str] = (
        "optimiser on stochastic streams from probabilistic CBRAM devices (or LFSR, Sobol)"
    )
    source: ClassVar[str] = (
        "Lammie, Eshraghian, Lu & Azghadi, IEEE TCAS-II 2021 (arXiv 2103.06506), abstract; "
        "compositions our own"
    )
    references: ClassVar[tuple[str, ...]] = ("lammie2021", "gaba2013")
    trains_biases: ClassVar[bool] = True
    algorithm: ClassVar[str] = "archsim.schemes.streams.algorithms.cbram_sc_rule:CbramRule"
    reference: ClassVar[str] = (
        "archsim.schemes.streams.algorithms.cbram_sc_reference:reference_change"
    )
    practice: ClassVar[dict[str, Any]] = {"learning_rate": 0.1, "batch": 8}
    trial: ClassVar[dict[str, Any]] = {
        "learning_rate": 0.5,
        "device_settings": {"program_error": 0.0},
        "scheme_settings": {
            "length": 256,
            "device_spread": 0.0,
            "pulse_spread": 0.0,
            "driver_bits": 12,
        },
    }
    # Length of a stream and precision of the voltages: the abstract leaves both open.
    tuned: ClassVar[tuple[Tuned, ...]] = (
        Tuned("length", 4, 32, "log"),
        Tuned("driver_bits", 5, 12),
    )
    variants: ClassVar[dict[str, dict[str, dict[str, Any]]]] = {
        "momentum": {
            "practice": {"learning_rate": 0.01, "scheme_settings": {"optimiser": "momentum"}},
            "trial": {"scheme_settings": {"optimiser": "momentum"}},
        },
        "adam": {
            "practice": {"learning_rate": 0.001, "scheme_settings": {"optimiser": "adam"}},
            # averages of few bits: those of the defaults hardly move in one mini-batch
            "trial": {
                "scheme_settings": {
                    "optimiser": "adam",
                    "length": 256,
                    "first_bits": 6,
                    "second_bits": 6,
                    "root_bits": 4,
                }
            },
        },
    }

    kept: ClassVar[str] = "stream counters"
    kept_words: ClassVar[dict[str, int]] = {"sgd": 0, "momentum": 1, "adam": 4}

    stream_source: Annotated[Literal["cbram", "ideal", "lfsr", "sobol"], OTHER_MACHINE] = "cbram"
    resolution: Annotated[int, Field(ge=4, le=12), FINER] = 8
    first_bits: Annotated[int, Field(ge=4, le=16), FINER] = 8
    second_bits: Annotated[int, Field(ge=4, le=16), FINER] = 15
    root_bits: Annotated[int, Field(ge=4, le=16), FINER] = 8
    hold: Annotated[int, Field(ge=1, le=100_000), COMPUTED.as_limit()] = 16
    optimiser_units: Annotated[int, Field(ge=1, le=65536), SIDE_BY_SIDE] = 64
    pulse_ns: Annotated[float, Field(ge=1, le=1e7), SLOWER] = 100.0
    sense_ns: Annotated[float, Field(ge=0, le=1e6), SLOWER] = 5.0
    driver_bits: Annotated[int, Field(ge=3, le=12), FINER] = 8
    predistortion: Annotated[bool, COMPUTED] = True
    device_spread: Annotated[float, Field(ge=0, le=3), COMPUTED] = 0.25
    pulse_spread: Annotated[float, Field(ge=0, le=3), COMPUTED] = 0.25

    @property
    def unused(self) -> frozenset[str]:
        idle = {
            "sgd": {"first_bits", "second_bits", "root_bits", "hold", "optimiser_units"},
            "momentum": {"second_bits", "root_bits"},
        }
        device = {
            "pulse_ns",
            "sense_ns",
            "driver_bits",
            "predistortion",
            "device_spread",
            "pulse_spread",
        }
        return (
            super().unused
            | idle.get(self.optimiser, set())
            | (set() if self.generator == "cbram" else device)
        )

    @property
    def generator(self) -> str:
        return self.stream_source

    @property
    def optimiser_bits(self) -> int:
        """Stream bits of an optimiser unit, a weight and mini-batch."""
        return STREAMS_OF[self.optimiser] * self.length

    @property
    def beta1(self) -> float:
        """Decay of the first average over one mini-batch."""
        return (1 - 2.0**-self.first_bits) ** self.length

    def bit_ns(self) -> float:
        return 2 * self.pulse_ns + self.sense_ns if self.generator == "cbram" else 0.0

    def optimiser_work(self) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
        """Actions a weight and mini-batch: of the vector unit, and of the stream units."""
        bits = self.optimiser_bits
        kind = self.optimiser
        units: dict[str, dict[str, float]] = {}
        if kind != "sgd":
            units["optimiser_counter.count"] = {"step": COUNTERS_OF[kind] * self.length}
            if self.generator == "cbram":
                units |= {
                    "stream_source.set": {"step": bits},
                    "stream_source.pulse": {"step": bits},
                    "stream_source.switch": {"magnitude": bits},
                }
            else:
                shared = {"side": bits, "single": self.length}.get(
                    self.sharing, 0
                ) / self.optimiser_units
                if self.generator != "ideal":
                    units["number_generator.number"] = {"step": shared or bits}
                units["stream_converter.bit"] = {"step": bits}
        if kind == "adam":
            units |= {
                "stream_multiplier.bit": {"step": 2 * self.length},
                "stream_divider.bit": {"step": self.length},
            }
        # the scale of the streams needs the largest gradient
        return {"multiply_add": 1.0} | ({"compare": 1.0} if kind != "sgd" else {}), units

    def batch_update(self, stage: Stage, batch: int) -> list[Operation]:
        weights = stage.matrix.trained
        chunk = 1024
        steps = -(-weights // chunk)
        each = weights / steps
        work, units = self.optimiser_work()
        cycles = each * self.length / self.optimiser_units if units else 0.0
        words = self.optimiser_words * each
        return [
            Operation(
                name=f"{stage.name}.optimiser",
                layer=stage.name,
                phase="update",
                kind="stream" if units else "digital",
                steps=steps,
                vector_work={action: count * each for action, count in work.items()},
                state_reads=words,
                state_writes=words,
                unit_work={
                    unit: {field: count * each for field, count in table.items()}
                    for unit, table in units.items()
                },
                unit_cycles=cycles,
                unit_ns=cycles * self.bit_ns(),
                activity=Activity(magnitude=0.2),
            ),
            program_weights(stage),
        ]

    def parts(self, chip: Architecture) -> dict[str, dict]:
        kind = self.optimiser
        units = self.optimiser_units
        streams = STREAMS_OF[kind] * units
        converters = self.converters() + streams
        generators = {"side": 2 + STREAMS_OF[kind], "single": 1}.get(self.sharing, converters)
        entries = self.stream_parts(converters, generators, GATES_OF[kind] * units)
        if kind != "sgd":
            widest = (
                self.first_bits + 1
                if kind == "momentum"
                else max(self.first_bits + 1, self.second_bits, self.root_bits)
            )
            entries["optimiser_counter"] = entry(
                "up_down_counter", {"bits": widest}, COUNTERS_OF[kind] * units
            )
        if kind == "adam":
            entries["stream_divider"] = entry("stream_divider", {"kind": "iscb"}, units)
        return entries

    def source_part(self, count: int) -> dict:
        return entry(
            "cbram_generator", {"pulse_ns": self.pulse_ns, "driver_bits": self.driver_bits}, count
        )
