"""Converters inside arrays, at the pitch of their columns: fitted to published ones of each kind
(hwlib/fits/), never to stand-alone silicon, of which `adc.py` and the survey's flash converters are made.
"""

from __future__ import annotations

import math
from typing import ClassVar

from hwlib.converter_kinds import KINDS, NODE_NM, TIME_NS, TIMED, Growth
from hwlib.effects import DEARER, Effects
from hwlib.figures import figure
from hwlib.logic import leakage_of_share
from hwlib.part import Parameter, Part, register
from hwlib.quantity import Figure, Quantity, derive

_PITCH = Parameter(
    "pitch_um",
    10.0,
    1.5,
    1000,
    "um",
    note="width that a converter may take: the pitch of its columns; narrow ones lose more to the "
    "spacing between neighbours",
    effects=Effects(area="down", energy="down"),  # its leakage follows the area
)


_TIME = Parameter(
    "time_ns",
    0.0,
    0.0,
    1e5,
    "ns",
    note="of a conversion, through which comparators and references draw their bias; 0: as the kind "
    "takes it",
    effects=Effects(energy="any"),
)


def _bits(default: int, low: int, high: int) -> Parameter:
    return Parameter("bits", default, low, high, "bit", integer=True, monotone=True, effects=DEARER)


class ColumnAdc(Part):
    """One converter of a kind. Low and high of its constants are 5 and 95 % over published converters.

    Energy is that of one conversion; of kinds that compare one after another it grows with the time
    that it takes. `latency` is the time that the kind takes.
    """

    group = "array"
    native_node_nm = NODE_NM
    actions = {"convert": "one conversion"}
    kind: ClassVar[str]
    bits: int
    pitch_um: float
    time_ns: float

    def area(self) -> Quantity:
        pitch = self.pitch_um * 1e-6
        kind = KINDS[self.kind]
        return derive(
            "area of the kind x shape of its bits x pitch / (pitch - spacing)",
            "um2",
            lambda area, spacing, *growth: (
                # A strip of the pitch's width loses the spacing to its neighbour: what is left must
                # be the longer.
                area * kind.area(self.bits, Growth(*growth)) * pitch / (pitch - spacing)
            ),
            self._constant("area"),
            figure("column_adc.spacing"),
            *_growth(),
        )

    def leakage(self) -> Quantity:
        return leakage_of_share(self.area(), figure("column_adc.transistor_share"))

    def energy(self, action: str) -> Quantity:
        kind = KINDS[self.kind]
        once = derive(
            "energy of the kind x shape of its bits",
            "J",
            lambda energy, *growth: energy * kind.energy(self.bits, Growth(*growth)),
            self._constant("energy"),
            *_growth(),
        )
        # A latch decides and stops: no bias flows that a longer conversion would feed.
        if kind.family != TIMED:
            return once
        given = self.time_ns * 1e-9
        # Published times of the kind have a range, a given one has none.
        time = Quantity(given, given, given, "s", "given time") if given else self.latency(action)
        return derive(
            f"x (time / {TIME_NS:g} ns)^exponent",
            "J",
            lambda energy, seconds, exponent: (
                energy * math.pow(seconds / (TIME_NS * 1e-9), exponent)
            ),
            once,
            time,
            figure("column_adc_fit.time_exponent"),
        )

    def latency(self, action: str) -> Quantity:
        steps = KINDS[self.kind].time(self.bits)
        return derive(
            f"{steps:g} x time of a step", "s", lambda step: steps * step, self._constant("time")
        )

    def _constant(self, quantity: str) -> Figure:
        return figure(f"column_adc_fit.{self.kind}_{quantity}")


def _growth() -> tuple[Figure, ...]:
    """The figures of a `Growth`, in its order."""
    return (
        figure("column_adc.sar_area_growth"),
        figure("column_adc.counting_area_growth"),
        figure("column_adc_fit.counting_growth"),
        figure("column_adc.noise_share"),
    )


@register
class AdcColumnSar(ColumnAdc):
    """Successive approximation with a capacitor array, laid out at the pitch of its columns."""

    name = "adc_column_sar"
    title = "SAR converter in an array"
    kind = "sar"
    scaling = KINDS["sar"].scaling
    parameters = (_bits(8, 3, 12), _PITCH, _TIME)


@register
class AdcColumnChargeSharing(ColumnAdc):
    """Successive approximation on capacitors that the array has already: no array of its own.

    Published by shares and whole columns only: its constants are those of the family of converters
    that decide bit by bit, which the bounds do not contradict.
    """

    name = "adc_column_charge_sharing"
    title = "Charge-sharing converter in an array"
    kind = "charge_sharing"
    scaling = KINDS["charge_sharing"].scaling
    parameters = (_bits(6, 2, 10), _PITCH, _TIME)


@register
class AdcColumnSlope(ColumnAdc):
    """Single slope: a comparator a column against a shared ramp, or a charge that is counted down.

    `adc_ramp` composes the same of its parts; this one is fitted to whole ones.
    """

    name = "adc_column_slope"
    title = "Single-slope converter in an array"
    kind = "slope"
    scaling = KINDS["slope"].scaling
    parameters = (_bits(8, 2, 12), _PITCH, _TIME)


@register
class AdcColumnOscillator(ColumnAdc):
    """Current- or voltage-controlled oscillator with a counter, or a time-to-digital converter."""

    name = "adc_column_oscillator"
    title = "Oscillator converter in an array"
    kind = "oscillator"
    scaling = KINDS["oscillator"].scaling
    parameters = (_bits(8, 3, 12), _PITCH, _TIME)


@register
class AdcColumnFlash(ColumnAdc):
    """Flash: a comparator a level, 2^bits - 1 of them, under a column."""

    name = "adc_column_flash"
    title = "Flash converter in an array"
    kind = "flash"
    scaling = KINDS["flash"].scaling
    parameters = (_bits(4, 1, 8), _PITCH)


@register
class SenseAmplifier(ColumnAdc):
    """Latched sense amplifier of one bit; two or three bits take one a level, against references."""

    name = "sense_amplifier"
    title = "Sense amplifier"
    kind = "sense_amplifier"
    scaling = KINDS["sense_amplifier"].scaling
    parameters = (_bits(1, 1, 3), _PITCH)
