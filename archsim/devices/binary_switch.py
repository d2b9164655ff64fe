"""Binary stochastic switch (CBRAM): a pulse switches the device with a probability set by its
voltage and length.
"""

from __future__ import annotations

import numpy as np

from archsim.devices.device import Device
from archsim.devices.parameters import AGEING, BOUNDS
from archsim.kernels.update import device_law
from hwlib.effects import COMPUTED
from hwlib.errors import InputError
from hwlib.part import Parameter


@device_law
def binary_switch(weight, up, count, noise, planes, j, law):
    """To the upper (lower) state where a uniform number is below the SET (RESET) probability in
    plane 4 (5).
    """
    p_set = planes[4, j]
    p_reset = planes[5, j]
    lower = planes[2, j]
    upper = planes[3, j]
    target, probability = (upper, p_set) if up else (lower, p_reset)
    return target if noise < probability else weight


def binary_switch_reference(weight, up, count, noise, planes, law):
    """The same on arrays."""
    return np.where(
        noise < np.where(up, planes[4], planes[5]), np.where(up, planes[3], planes[2]), weight
    )


def expected_switch(weight, up, planes, law):
    """The mean over many switches: the way to the other state times the probability."""
    target = np.where(up, planes[3], planes[2])
    return weight + (target - weight) * np.where(up, planes[4], planes[5])


class BinarySwitch(Device):
    """P(t, V) = 1 - exp(-t/tau(V)), tau(V) = tau0 exp(-V/V0); a device's spread is p' = 1 - (1 -
    p)^exp(sigma z), z fixed per device.

    k pulses switch with 1 - (1 - p)^k. The states are the device's two bounds.
    """

    name = "binary_switch"
    title = "binary stochastic switch"
    source = "gaba2013"
    parameters = (
        *BOUNDS,
        *AGEING,
        Parameter(
            "set_voltage_v",
            3.2,
            0.0,
            20.0,
            unit="V",
            note="amplitude of an up pulse",
            effects=COMPUTED,
        ),
        Parameter(
            "reset_voltage_v",
            3.2,
            0.0,
            20.0,
            unit="V",
            note="amplitude of a down pulse",
            effects=COMPUTED,
        ),
        Parameter(
            "pulse_s", 1e-4, 1e-12, 10.0, unit="s", note="length of a pulse", effects=COMPUTED
        ),
        Parameter("tau0_s", 2.85e5, 1e-15, 1e15, unit="s", note="tau0 of tau(V)", effects=COMPUTED),
        Parameter(
            "voltage_scale_v", 0.156, 1e-3, 10.0, unit="V", note="V0 of tau(V)", effects=COMPUTED
        ),
        Parameter(
            "time_spread",
            0.0,
            0.0,
            5.0,
            note="sigma of the lognormal spread of a device's rate",
            effects=COMPUTED,
        ),
    )
    even_noise = True
    step = staticmethod(binary_switch)
    step_reference = staticmethod(binary_switch_reference)
    expected_step = staticmethod(expected_switch)

    def scalars(self):
        # Its noise is the uniform number of a switch: nothing scales it.
        return (0.0,)

    def probability(self, voltage_v: float) -> float:
        """Switching probability of one pulse of the mean device."""
        return -np.expm1(-self.pulse_s / self.tau0_s * np.exp(voltage_v / self.voltage_scale_v))

    def granularity(self):
        """Mean change of one up pulse, averaged over the two states."""
        step = self.probability(self.set_voltage_v) * (self.upper_bound - self.lower_bound) / 2
        if not step > 0:
            raise InputError(
                "the pulse never switches the device",
                where=self.name,
                got=self.set_voltage_v,
                hint="raise set_voltage_v or pulse_s",
            )
        return float(step)

    def steps(self, draw):
        # Drawn and thrown away, so that bounds have the draws that they have in every law.
        zeros = np.zeros_like(draw())
        return [zeros, zeros.copy()]

    def own_planes(self, planes, draw):
        rate = np.exp(self.time_spread * draw())
        return [
            # (1 - p)^rate by logarithms: p of 1e-10 or of nearly 1 keeps its digits.
            -np.expm1(np.log1p(-min(self.probability(v), 1 - 1e-16)) * rate)
            for v in (self.set_voltage_v, self.reset_voltage_v)
        ]
