"""Power step: the step is a power of the distance to the bound."""

from __future__ import annotations

import numpy as np

from archsim.devices.device import Device
from archsim.devices.parameters import AGEING, BOUNDS, STEP
from archsim.devices.soft_bounds import inverse
from archsim.kernels.special import power
from archsim.kernels.update import device_law
from hwlib.effects import COMPUTED
from hwlib.part import Parameter

ZERO, ONE = np.float32(0.0), np.float32(1.0)


@device_law
def power_step(weight, up, count, noise, planes, j, law):
    """w +- a d^G (1 + s_c N), d the relative distance to the bound; planes 4, 5 the exponents, 6
    the inverse range.
    """
    a_up = planes[0, j]
    a_down = planes[1, j]
    exponent_up = planes[4, j]
    exponent_down = planes[5, j]
    above, below = planes[3, j] - weight, weight - planes[2, j]
    distance = (above if up else below) * planes[6, j]
    # A bound may be passed by the noise of a pulse before it is clipped: no power of a negative
    # number.
    size = power(max(distance, ZERO), exponent_up if up else exponent_down)
    return weight + (a_up if up else -a_down) * size * (ONE + law[0] * noise)


def power_step_reference(weight, up, count, noise, planes, law):
    """The same on arrays."""
    distance = np.maximum(np.where(up, planes[3] - weight, weight - planes[2]) * planes[6], ZERO)
    return weight + np.where(up, planes[0], -planes[1]) * distance ** np.where(
        up, planes[4], planes[5]
    ) * (ONE + law[0] * noise)


class PowerStep(Device):
    """w += a_up ((b_max - w)/(b_max - b_min))^G_up (1 + s_c xi) and the same down (aihwkit PowStep;
    rpu.md 3.2).
    """

    name = "power_step"
    title = "power step"
    source = "aihwkit"
    parameters = (
        *STEP,
        *BOUNDS,
        *AGEING,
        Parameter("exponent", 1.0, 0.0, 20.0, note="mean gamma", effects=COMPUTED),
        Parameter(
            "exponent_spread",
            0.1,
            0.0,
            5.0,
            note="device-to-device spread of gamma, relative",
            effects=COMPUTED,
        ),
        Parameter(
            "exponent_asymmetry_spread",
            0.0,
            0.0,
            5.0,
            note="spread of the up-down difference of gamma, relative",
            effects=COMPUTED,
        ),
    )
    exact_twin = False
    step = staticmethod(power_step)
    step_reference = staticmethod(power_step_reference)

    def granularity(self):
        """dw_min 0.5^gamma: the step in the middle of the range."""
        return self.pulse_step * 0.5**self.exponent

    def own_planes(self, planes, draw):
        gain = 1.0 + self.exponent_spread * draw()
        tilt = self.exponent_asymmetry_spread * draw()
        return [
            np.abs(self.exponent * (gain + tilt)),
            np.abs(self.exponent * (gain - tilt)),
            inverse(planes[3] - planes[2]),
        ]
