"""Linear step: the step shrinks linearly with the weight."""

from __future__ import annotations

import numpy as np

from archsim.devices.device import Device
from archsim.devices.parameters import AGEING, BOUNDS, STEP
from archsim.kernels.update import device_law
from hwlib.effects import COMPUTED
from hwlib.part import Parameter

ONE = np.float32(1.0)


@device_law
def linear_step(weight, up, count, noise, planes, j, law):
    """w +- a (l (1 + s_mult N) + s_add N) with l = 1 - slope w; planes 4 and 5 are the slopes of
    the up and the down step.
    """
    a_up = planes[0, j]
    a_down = planes[1, j]
    slope_up = planes[4, j]
    slope_down = planes[5, j]
    left = ONE - (slope_up if up else slope_down) * weight
    return weight + (a_up if up else -a_down) * (left * (ONE + law[0] * noise) + law[1] * noise)


def linear_step_reference(weight, up, count, noise, planes, law):
    """The same on arrays."""
    left = ONE - np.where(up, planes[4], planes[5]) * weight
    return weight + np.where(up, planes[0], -planes[1]) * (
        left * (ONE + law[0] * noise) + law[1] * noise
    )


NOISE_PLACE = Parameter(
    "noise_place",
    "step",
    choices=("step", "bracket"),
    note="step: noise scales with the step of the moment (multiplicative); bracket: with the step "
    "at w = 0 (additive)",
    effects=COMPUTED,
)


def noise_scalars(device: Device) -> tuple[float, ...]:
    """(multiplicative, additive) noise of a pulse, as NOISE_PLACE says."""
    noise = device.number("pulse_noise")
    return (noise, 0.0) if device.values["noise_place"] == "step" else (0.0, noise)


class LinearStep(Device):
    """w += a_up (1 - g_up w/w_ref,up)(1 + s_c xi) and the same down, w_ref the mean bounds (aihwkit
    LinearStep; rpu.md 3.2).
    """

    name = "linear_step"
    title = "linear step"
    source = "aihwkit"
    parameters = (
        *STEP,
        *BOUNDS,
        *AGEING,
        NOISE_PLACE,
        Parameter(
            "slope_up",
            0.0,
            0.0,
            10.0,
            note="g_up: relative fall of the up step from w = 0 to the mean upper bound",
            effects=COMPUTED,
        ),
        Parameter(
            "slope_down",
            0.0,
            0.0,
            10.0,
            note="g_dn: relative fall of the down step from w = 0 to the mean lower bound",
            effects=COMPUTED,
        ),
        Parameter(
            "slope_spread",
            0.05,
            0.0,
            5.0,
            note="device-to-device standard deviation of both slopes",
            effects=COMPUTED,
        ),
    )
    step = staticmethod(linear_step)
    step_reference = staticmethod(linear_step_reference)

    def scalars(self) -> tuple[float, ...]:
        return noise_scalars(self)

    def own_planes(self, planes, draw):
        """Slopes divided by the mean bound: |g + s_g N| / w_ref."""
        # Without a lower bound there is nothing to refer the slope to: weight 1.
        lower = self.lower_bound if self.lower_bound < 0 else -1.0
        return [
            np.abs(self.slope_up + self.slope_spread * draw()) / self.upper_bound,
            np.abs(self.slope_down + self.slope_spread * draw()) / lower,
        ]
