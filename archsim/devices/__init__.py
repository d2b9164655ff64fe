"""Conductance-update laws of devices, one law a file, and the presets that give a law its
parameters.

To add a device: one file with a subclass of `device.Device`, one line in `LAWS`. The tests of every
law then cover it. Presets are data in `hwlib/devices/*.toml`. Laws import numba, so they are loaded
by name when they are used. Begin with `device.py`, then `linear_step.py`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from hwlib.errors import unknown

if TYPE_CHECKING:
    from archsim.devices.device import Device

LAWS = {
    "constant_step": "archsim.devices.constant_step:ConstantStep",
    "linear_step": "archsim.devices.linear_step:LinearStep",
    "soft_bounds": "archsim.devices.soft_bounds:SoftBounds",
    "soft_bounds_reference": "archsim.devices.soft_bounds_reference:SoftBoundsReference",
    "exponential_step": "archsim.devices.exponential_step:ExponentialStep",
    "piecewise_step": "archsim.devices.piecewise_step:PiecewiseStep",
    "power_step": "archsim.devices.power_step:PowerStep",
    "one_sided_pair": "archsim.devices.one_sided_pair:OneSidedPair",
    "phase_change_pair": "archsim.devices.phase_change_pair:PhaseChangePair",
    "write_verify_pair": "archsim.devices.write_verify_pair:WriteVerifyPair",
    "binary_switch": "archsim.devices.binary_switch:BinarySwitch",
}


def load_law(name: str) -> type[Device]:
    """The Device subclass of a law. Raises InputError with the nearest name where there is none."""
    if name not in LAWS:
        raise unknown("device law", name, LAWS)
    module, _, attribute = LAWS[name].partition(":")
    return getattr(import_module(module), attribute)
