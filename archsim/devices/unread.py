"""Parameters of a device that are set and that nothing reads: said in a run, never passed over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hwlib.errors import unknown

if TYPE_CHECKING:
    from archsim.devices.device import Device

# parameter -> (another one, its value that leaves the first without effect)
_NEEDS = {
    "lifetime_spread": ("lifetime", 0),
    "retention_spread": ("retention_s", 0),
    "corrupt_range": ("corrupt_probability", 0),
    "step_spread_law": ("step_spread", 0),
    "asymmetry_law": ("asymmetry", 0),
    "lower_spread": ("lower_bound", 0),
    "noise_place": ("pulse_noise", 0),
    "noise_floor": ("pulse_noise", 0),
    "noise_slope": ("pulse_noise", 0),
    "gamma_up": ("amplitude_up", 0),
    "gamma_down": ("amplitude_down", 0),
}
# parameter -> others, one of which must be above 0
_NEEDS_ONE = {
    "rest_weight": ("lifetime", "retention_s", "drift_exponent", "drift_spread"),
    "drift_reference_s": ("drift_exponent", "drift_spread"),
}
_REFRESHED = ("reset_weight", "reset_spread", "refresh_pulses")
_VERIFIED = ("verify_window", "cycles")


def unread(
    device: Device, base: dict[str, Any], *, programmed: bool, refreshed: bool
) -> dict[str, str]:
    """Parameters of `device` that are off their values in `base` and that nothing read, each with
    the reason.

    `programmed`: the run wrote this device by write and verify; `refreshed`: it refreshed a pair.
    """
    values = device.values
    reasons = {}
    for name, value in values.items():
        if value == base[name]:
            why = ""
        elif name in device.ignored:
            why = device.ignored[name]
        elif name in _NEEDS and values.get(_NEEDS[name][0], None) == _NEEDS[name][1]:
            why = f"device.{_NEEDS[name][0]} is {_NEEDS[name][1]}"
        elif name in _NEEDS_ONE and not any(device.number(other) > 0 for other in _NEEDS_ONE[name]):
            why = f"none of device.{', device.'.join(_NEEDS_ONE[name])} is above 0"
        # Known only after the run: whether a pair runs full depends on the data.
        elif name in _REFRESHED and not refreshed:
            why = "no pair of this run ran full"
        elif "verify_window" in values and name in (("pulse_step",) if programmed else _VERIFIED):
            why = (
                "this run wrote by program and verify, not by blind pulses"
                if programmed
                else "nothing in this run programs with verify"
            )
        else:
            why = ""
        if why:
            reasons[name] = why
    return reasons


def check_swept(name: str) -> None:
    """Raises InputError where no law has this parameter, so that a sweep over it would find nothing."""
    from archsim.devices import LAWS, load_law

    known = sorted({parameter.name for law in LAWS for parameter in load_law(law).parameters})
    if name not in known:
        raise unknown("device parameter", name, known)
