"""One-sided pair: two devices that can only be pulsed up, with a refresh when both are high."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from archsim.devices.device import Device
from archsim.devices.linear_step import NOISE_PLACE, linear_step, linear_step_reference
from archsim.devices.parameters import AGEING, BOUNDS, STEP
from archsim.devices.soft_bounds import SoftBounds
from hwlib.effects import COMPUTED
from hwlib.part import Parameter

REFRESH = (
    Parameter(
        "refresh_upper",
        0.75,
        0.0,
        1.0,
        note="a pair is refreshed where its larger device is above this share of its own bound",
        effects=COMPUTED,
    ),
    Parameter(
        "refresh_lower",
        0.25,
        0.0,
        1.0,
        note="and its smaller device above this share of its own",
        effects=COMPUTED,
    ),
    Parameter(
        "refresh_pulses",
        1_000_000,
        0,
        1_000_000,
        integer=True,
        note="most verified pulses that write the difference again",
        effects=COMPUTED,
    ),
    Parameter(
        "reset_weight", 0.0, 0.0, 1000.0, note="value of a device after its reset", effects=COMPUTED
    ),
    Parameter(
        "reset_spread", 0.0, 0.0, 1000.0, note="standard deviation of that value", effects=COMPUTED
    ),
)


def one_sided(parameters: tuple[Parameter, ...]) -> tuple[Parameter, ...]:
    """The parameters with the defaults of a device that lives between 0 and 1: no lower bound, no
    spread of it, which makes a pair no worse, since its devices are driven away from that bound.
    """
    changed: dict[str, dict[str, Any]] = {
        "upper_bound": {"default": 1.0},
        "lower_bound": {"default": 0.0},
        "lower_spread": {"default": 0.0, "effects": COMPUTED},
    }
    return tuple(replace(parameter, **changed.get(parameter.name, {})) for parameter in parameters)


class OneSidedPair(Device):
    """w = w+ - w-: an up pulse goes to w+, a down pulse to w- as an up pulse; both have soft upper
    bounds (aihwkit OneSided).

    `DeviceArray.refresh` resets a pair that is high on both sides and writes its difference again,
    with verify.
    """

    name = "one_sided_pair"
    title = "pair of one-sided devices with refresh"
    source = "aihwkit"
    parameters = (*one_sided(STEP + BOUNDS), *AGEING, NOISE_PLACE, *REFRESH)
    paired = True
    step = staticmethod(linear_step)
    step_reference = staticmethod(linear_step_reference)
    # As a device by itself each of the two is one with soft bounds, of which only the way up is
    # used.
    scalars = SoftBounds.scalars
    own_planes = SoftBounds.own_planes
