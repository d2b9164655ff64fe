"""The device that holds the weights of a run with real data: what is asked for, checked."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from typing import TYPE_CHECKING

from archsim.chip import load_architecture
from archsim.chip.of_device import chip_of_devices
from archsim.chip.standard import STANDARD_CHIP
from archsim.devices.ageing import drifts
from archsim.devices.held_weights import Holder
from archsim.devices.presets import load_device
from hwlib.errors import InputError

if TYPE_CHECKING:
    from archsim.chip.config import Architecture
    from archsim.run.options import SimulationOptions
    from archsim.run.prepared_run import ChipLike

LONGEST_S = 1e12
ACTING = (
    # The others act on pulses, which a run that only reads doesn't send.
    "upper_bound",
    "lower_bound",
    "upper_spread",
    "lower_spread",
    "corrupt_probability",
    "corrupt_range",
    "rest_weight",
    "drift_exponent",
    "drift_spread",
    "drift_reference_s",
    "retention_s",
    "retention_spread",
    "read_disturb",
    "program_error",
    "verify_window",
    "cycles",
    "read_noise",
)
"""Parameters of a device that act where weights are programmed, left alone and read."""


def holder_of(options: SimulationOptions) -> Holder | None:
    """The device of a run, None where the weights are exact.

    Raises:
        InputError: for an unknown device or setting, a time without a device, a device without
            data.
    """
    # `at` alone would be taken for a drift that was computed and found to be none.
    if options.device is None:
        for name, value in (("at", options.at), ("device_settings", options.device_settings)):
            if value:
                raise InputError(
                    "exact weights have no device: time and its settings do nothing",
                    where=name,
                    got=value,
                    hint="name a device",
                )
        return None
    if options.data is None:
        raise InputError(
            "a device holds the weights of a run with real data",
            where="device",
            got=options.device,
            hint="--data random, or images",
        )
    seconds = options.at
    # Compared as it is, which NaN, infinity and whole numbers beyond any float all fail.
    known = isinstance(seconds, Real) and not isinstance(seconds, bool)
    if not known or not 0 <= seconds <= LONGEST_S:
        raise InputError(
            "not a time in seconds", where="at", got=seconds, allowed=f"0 to {LONGEST_S:g}"
        )
    device = load_device(options.device, options.device_settings)
    return Holder(device, options.device, float(seconds))


def chip_with_holder(chip: ChipLike, holder: Holder) -> tuple[Architecture, list[str]]:
    """The chip with the cell that the device's file states, and notes on it and on the time."""
    told = chip_of_devices(
        load_architecture(STANDARD_CHIP if chip is None else chip),
        holder.name,
        {kind: own.name for kind, own in holder.kinds.items()},
    )
    notes = list(told[1])
    for own in holder.all:
        if own.at_s and not drifts(own.device):
            # Else equal accuracies after a second and after a year would look like a good device.
            notes.append(f"{own.name} does not age with time: {own.at_s:.4g} s move nothing")
    return told[0], notes


def idle_settings(settings: Mapping[str, object] | None) -> dict[str, str]:
    """`device.NAME` -> why a setting of the device moves nothing in a run with real data."""
    why = "a run with real data programs weights and reads them: no pulse, no mini-batch"
    return {f"device.{name}": why for name in settings or {} if name not in ACTING}
