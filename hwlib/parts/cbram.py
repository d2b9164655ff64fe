"""A CBRAM device as a generator of stream bits: its switching law, and the price of device, driver
and sense latch.

P(switched in t at V) = 1 - exp(-t/tau(V)), tau(V) = tau0 exp(-V/V0) (Gaba et al. 2013; Knag, Lu &
Zhang 2014 for predistortion).
The constants are unverified; all of them are figures with a wide range.
"""

from __future__ import annotations

import math

from hwlib.effects import DEARER, Effects
from hwlib.figures import figure
from hwlib.logic import leakage_of
from hwlib.part import Parameter, Part, register
from hwlib.parts.dac import Dac
from hwlib.quantity import Quantity, derive, total


def switching_hazard(voltage_v: float, pulse_s: float, tau0_s: float, scale_v: float) -> float:
    """t/tau(V): the exponent of the probability 1 - exp(-t/tau) that a pulse switches the device."""
    return pulse_s / tau0_s * math.exp(voltage_v / scale_v)


def predistorted_voltage(
    probability: float, pulse_s: float, tau0_s: float, scale_v: float
) -> float:
    """The voltage in V at which a pulse of `pulse_s` switches with `probability` (above 0, below
    1).
    """
    # The law above, solved for V; log1p keeps the digits of a small probability.
    return scale_v * math.log(-tau0_s * math.log1p(-probability) / pulse_s)


@register
class CbramGenerator(Part):
    """One device with its driver: a converter holds the predistorted voltage of a stream, a pulse
    makes a bit, a latch senses it, a switched device is reset. Priced at one probability; E[time
    on] = t - tau p of a pulse.

    The device lies above its circuits; one device has the area of a 1T1R cell. The high supply is
    given from outside.
    """

    name = "cbram_generator"
    title = "Stream bits from a CBRAM device"
    group = "stochastic"
    scaling = "analog"
    parameters = (
        Parameter(
            "pulse_ns",
            100.0,
            1.0,
            1e7,
            "ns",
            note="SET and RESET pulse; a longer one needs less voltage",
            effects=Effects(energy="any"),
        ),
        Parameter(
            "driver_bits",
            8,
            3,
            12,
            "bit",
            integer=True,
            monotone=True,
            note="resolution of the driver's voltage",
            effects=DEARER,
        ),
        Parameter(
            "on_conductance_us", 10.0, 0.1, 1000, "uS", monotone=True, effects=Effects(energy="up")
        ),
        Parameter(
            "probability",
            0.5,
            0.001,
            0.999,
            note="mean probability of a 1, at which pulses are priced",
            effects=Effects(energy="up"),
        ),
    )
    actions = {
        "set": "hold the voltage of a new stream",
        "pulse": "one SET pulse and its sensing",
        "switch": "current of a switched device, and its RESET",
    }
    pulse_ns: float
    driver_bits: int
    on_conductance_us: float
    probability: float

    def area(self) -> Quantity:
        device = derive(
            "F^2 count x (40 nm)^2", "um2", lambda count: count * 0.0016, figure("cell_1t1r.area")
        )
        stage = derive(
            "write driver + level shifter",
            "um2",
            lambda a, b: a + b,
            figure("write_driver.area"),
            figure("level_shifter.area"),
        )
        sense = derive("sense latch", "um2", lambda a: a, figure("cbram.sense_area"))
        return total("um2", [device, stage, sense, Dac(bits=self.driver_bits).area()])

    def leakage(self) -> Quantity:
        stage = derive(
            "write driver + level shifter",
            "W",
            lambda a, b: a + b,
            figure("write_driver.leakage"),
            figure("level_shifter.leakage"),
        )
        return total(
            "W",
            [stage, leakage_of(figure("cbram.sense_area")), Dac(bits=self.driver_bits).leakage()],
        )

    def energy(self, action: str) -> Quantity:
        if action == "set":
            return Dac(bits=self.driver_bits).energy("convert")
        voltage = self.voltage()
        seconds = self.pulse_ns * 1e-9
        p = self.probability
        waiting = -seconds / math.log1p(-p) * p  # E[time off] = tau p
        scale = self.on_conductance_us / 10.0  # the figure's own value is the default
        on = figure("cbram.on_conductance")
        if action == "pulse":
            driver = derive(
                "own C V^2 of driver and shifter",
                "J",
                lambda v, a, b: (a + b) * v * v,
                voltage,
                figure("write_driver.capacitance"),
                figure("level_shifter.capacitance"),
            )
            off = derive(
                f"V^2 G_off x {waiting * 1e9:.3g} ns before the switch",
                "J",
                lambda v, g, r: v * v * g * scale * r * waiting,
                voltage,
                on,
                figure("cbram.off_ratio"),
            )
            return total(
                "J",
                [
                    driver,
                    off,
                    derive("sense latch", "J", lambda e: e, figure("cbram.sense_energy")),
                ],
            )
        # Given that it switched: all pulses are on for t - tau p in the mean, and the share p of
        # them switched.
        current = derive(
            f"V^2 G_on x {(seconds - waiting) / p * 1e9:.3g} ns after the switch",
            "J",
            lambda v, g: v * v * g * scale * (seconds - waiting) / p,
            voltage,
            on,
        )
        reset = derive(
            f"V_reset^2 G_on x {self.pulse_ns:g} ns",
            "J",
            lambda v, g: v * v * g * scale * seconds,
            figure("cbram.reset_voltage"),
            on,
        )
        return total("J", [current, reset])

    def latency(self, action: str) -> Quantity:
        seconds = 0.0 if action == "set" else self.pulse_ns * 1e-9
        return Quantity(seconds, seconds, seconds, "s", "the pulse of the parameters")

    def voltage(self) -> Quantity:
        """Voltage in V of a pulse at the part's probability."""
        return derive(
            f"V0 ln(-tau0 ln(1 - p)/t), p = {self.probability:g}, t = {self.pulse_ns:g} ns",
            "V",
            lambda tau0, scale: predistorted_voltage(
                self.probability, self.pulse_ns * 1e-9, tau0, scale
            ),
            figure("cbram.switching_time"),
            figure("cbram.voltage_scale"),
        )
