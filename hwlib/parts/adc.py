"""Converters: stand-alone SAR (regression over the Murmann survey) and single-slope ramp (composed
of its parts). Those fitted to converters inside arrays are in `column_adc.py`.
"""

from __future__ import annotations

from hwlib.effects import DEARER, Effects
from hwlib.figures import figure
from hwlib.logic import leakage_of, leakage_of_share, to_40lp
from hwlib.part import Parameter, Part, register
from hwlib.parts.dac import Dac
from hwlib.parts.drivers import line_capacitance
from hwlib.quantity import Quantity, derive

_BITS = Parameter("bits", 8, 3, 12, "bit", integer=True, monotone=True, effects=DEARER)


@register
class AdcSar(Part):
    """Stand-alone successive-approximation converter: median regression over 15 single-channel
    survey rows, 28 to 45 nm. None of them sits under an array: `adc_column_sar` does.

    Published designs of one resolution differ 20 times in area: the value is the median, low the
    compact end, high the upper quartile. Beyond ENOB 9 (10 bits and more) and below ENOB 5 the law
    is extrapolated.
    """

    name = "adc_sar"
    title = "SAR converter"
    group = "array"
    scaling = "analog"
    parameters = (
        _BITS,
        Parameter(
            "rate_msps", 100.0, 0.1, 2000, "MS/s", monotone=True, effects=Effects(energy="up")
        ),
    )
    actions = {"convert": "one conversion"}
    bits: int
    rate_msps: float

    def area(self) -> Quantity:
        return derive(
            "area at ENOB 7 x growth^(bits - loss - 7)",
            "um2",
            # The survey sorts by effective bits: what noise and distortion take is off the nominal
            # ones.
            lambda area, growth, loss: area * growth ** (self.bits - loss - 7),
            figure("adc_sar.area_7"),
            figure("adc_sar.area_growth"),
            figure("adc_sar.enob_loss"),
        )

    def leakage(self) -> Quantity:
        return leakage_of_share(self.area(), figure("adc_sar.transistor_share"))

    def energy(self, action: str) -> Quantity:
        rate = self.rate_msps / 100
        return derive(
            "energy at ENOB 7 x growth^(bits - loss - 7) x (rate / 100 MS/s)^exponent",
            "J",
            lambda energy, growth, loss, exponent: (
                energy * growth ** (self.bits - loss - 7) * rate**exponent
            ),
            figure("adc_sar.energy_7"),
            figure("adc_sar.energy_growth"),
            figure("adc_sar.enob_loss"),
            figure("adc_sar.rate_exponent"),
        )

    def latency(self, action: str) -> Quantity:
        seconds = 1e-6 / self.rate_msps
        return Quantity(seconds, seconds, seconds, "s", "1 / rate")


@register
class AdcRamp(Part):
    """Single-slope converter, area and energy of ONE column: comparator and latches, and its share
    of ramp and counter.

    A shared counter and DAC walk 2^bits steps at `clock_mhz`; each column latches the count where
    its comparator trips.
    Composed, not published: the comparator's bias is an assumption and dominates.
    """

    name = "adc_ramp"
    title = "Ramp converter, one column"
    group = "array"
    scaling = "analog"
    parameters = (
        _BITS,
        Parameter(
            "columns",
            128,
            1,
            1024,
            "columns",
            integer=True,
            note="sharing one ramp; more columns make each one cheaper",
            effects=Effects(area="down", energy="down"),
        ),
        Parameter(
            "clock_mhz",
            1000.0,
            10,
            2000,
            "MHz",
            note="ramp steps; a slower ramp biases the comparator longer",
            effects=Effects(energy="down"),
        ),
    )
    actions = {"convert": "one conversion of one column"}
    bits: int
    columns: int
    clock_mhz: float

    def area(self) -> Quantity:
        bits = self.bits
        columns = self.columns
        return derive(
            "comparator + bits x flip-flop / utilisation + (ramp DAC + buffer + counter / "
            "utilisation) / columns",
            "um2",
            lambda comparator, flop, used, dac, buffer, counter: (
                comparator
                + bits * flop / used
                # Counters are cells before placement, the DAC is silicon already: only the first is
                # divided by the utilisation.
                + (dac + buffer + counter * bits / 8 / used) / columns
            ),
            figure("adc_ramp.comparator_area"),
            figure("logic.flip_flop_area"),
            figure("layout.utilisation"),
            Dac(bits=bits).area(),
            figure("adc_ramp.buffer_area"),
            to_40lp(figure("counter.nangate45_area_8")),
        )

    def leakage(self) -> Quantity:
        return derive(
            "bits x flip-flop + comparator area x leakage density",
            "W",
            lambda flop, area: self.bits * flop + area,
            figure("logic.flip_flop_leakage"),
            leakage_of(figure("adc_ramp.comparator_area")),
        )

    def energy(self, action: str) -> Quantity:
        bits = self.bits
        # One count for all columns of the ramp: each pays its share, so more columns make it
        # cheaper.
        columns = self.columns
        steps = 2**self.bits
        # A binary count changes two bits a step on average: on the count bus past this column, and
        # in the ramp DAC.
        column = derive(
            "comparator bias x 2^bits / clock + bits x flip-flop + 2 x 2^bits x bus C V^2",
            "J",
            lambda bias, flop, c, v: (
                # The comparator is biased for the whole ramp, wherever it trips; each latch takes
                # its bit once.
                bias * steps / (self.clock_mhz * 1e6) + bits * flop + 2 * steps * c * v**2
            ),
            figure("adc_ramp.comparator_bias"),
            figure("logic.flip_flop_energy"),
            line_capacitance(1, 0, figure("line.gate_capacitance")),
            figure("scaling.supply_40"),
        )
        shared = derive(
            "2^bits x (counter + 2 x DAC bit) / columns",
            "J",
            lambda counter, dac: steps * (counter * bits / 8 + 2 * dac) / columns,
            figure("counter.energy_8"),
            figure("dac.energy_per_bit"),
        )
        return column + shared

    def latency(self, action: str) -> Quantity:
        seconds = 2**self.bits / (self.clock_mhz * 1e6)
        return Quantity(seconds, seconds, seconds, "s", "2^bits / clock")
