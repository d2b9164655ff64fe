"""Exponential step: the step falls exponentially as the weight approaches a bound."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from archsim.devices.device import Device
from archsim.devices.parameters import AGEING, BOUNDS, STEP
from archsim.devices.soft_bounds import inverse
from archsim.kernels.special import exponential
from archsim.kernels.update import device_law
from hwlib.effects import COMPUTED
from hwlib.part import Parameter

ZERO, ONE = np.float32(0.0), np.float32(1.0)


@device_law
def exponential_step(weight, up, count, noise, planes, j, law):
    """dw = +-a max(0, 1 - A exp(+-gamma z)), z = plane 4 x w + b; w + dw + s_c (|dw| + s_add +
    s_slope |w|) N.
    """
    a_up, a_down = planes[0, j], planes[1, j]
    z = planes[4, j] * weight + law[5]
    left = max(
        # Past the point where the step is gone it stays gone: a pulse never moves a device
        # backwards.
        ONE - (law[1] if up else law[3]) * exponential(law[2] * z if up else -law[4] * z),
        ZERO,
    )
    change = (a_up if up else -a_down) * left
    return weight + change + law[0] * (abs(change) + law[6] + law[7] * abs(weight)) * noise


def exponential_step_reference(weight, up, count, noise, planes, law):
    """The same on arrays."""
    z = planes[4] * weight + law[5]
    left = np.maximum(
        ONE - np.where(up, law[1], law[3]) * np.exp(np.where(up, law[2] * z, -law[4] * z)), ZERO
    )
    change = np.where(up, planes[0], -planes[1]) * left
    return weight + change + law[0] * (np.abs(change) + law[6] + law[7] * np.abs(weight)) * noise


SHAPE = (
    Parameter("amplitude_up", 0.00081, -1000.0, 1000.0, note="A_up", effects=COMPUTED),
    Parameter("amplitude_down", 0.36833, -1000.0, 1000.0, note="A_dn", effects=COMPUTED),
    Parameter("gamma_up", 12.44625, 0.0, 100.0, note="gam_up", effects=COMPUTED),
    Parameter("gamma_down", 12.78785, 0.0, 100.0, note="gam_dn", effects=COMPUTED),
    Parameter(
        "scale_a", 0.244, -100.0, 100.0, note="a in z = 2 a w/(b_max - b_min) + b", effects=COMPUTED
    ),
    Parameter("offset_b", 0.2425, -100.0, 100.0, note="b in z", effects=COMPUTED),
    Parameter(
        "noise_floor", 0.0, 0.0, 100.0, note="s_add: added to |dw| in the noise", effects=COMPUTED
    ),
    Parameter(
        "noise_slope",
        0.0,
        0.0,
        100.0,
        note="s_slope: times |w|, added to |dw| in the noise",
        effects=COMPUTED,
    ),
)


class ExponentialStep(Device):
    """w += a_up max(0, 1 - A_up exp(gam_up z))(1 + s_c xi) and the same down with -gam_dn (aihwkit
    ExpStep; rpu.md 3.2).
    """

    name = "exponential_step"
    title = "exponential step"
    source = "aihwkit"
    parameters: ClassVar[tuple[Parameter, ...]] = (*STEP, *BOUNDS, *AGEING, *SHAPE)
    exact_twin = False
    step = staticmethod(exponential_step)
    step_reference = staticmethod(exponential_step_reference)

    def scalars(self):
        return (
            self.pulse_noise,
            self.amplitude_up,
            self.gamma_up,
            self.amplitude_down,
            self.gamma_down,
            self.offset_b,
            self.noise_floor,
            self.noise_slope,
        )

    def granularity(self):
        """Mean of the up and the down step at w = 0. aihwkit takes the down step alone (its code
        adds it twice).
        """
        up = max(0.0, 1.0 - self.amplitude_up * np.exp(self.gamma_up * self.offset_b))
        down = max(0.0, 1.0 - self.amplitude_down * np.exp(-self.gamma_down * self.offset_b))
        return self.pulse_step * (up + down) / 2

    def own_planes(self, planes, draw):
        # By each device's own range: the shape of the step is that of its window.
        return [2.0 * self.scale_a * inverse(planes[3] - planes[2])]
