"""Devices that hold slices of a weight: programmed to the codes of its digital word."""

from __future__ import annotations

from archsim.training.arrays import Arrays
from archsim.training.placed_tiles import can_be_sliced
from archsim.training.settings import TrainingSettings
from hwlib.errors import InputError


def slice_devices(arrays: Arrays, settings: TrainingSettings) -> None:
    """Program every device to the nearest code of `read.weight_bits`; nothing where there are none.

    Args:
        arrays: whose devices are written anew.
        settings: of the training.

    Raises:
        InputError: for devices that pulses change.
    """
    bits = settings.read.weight_bits
    if not bits:
        return
    if not can_be_sliced(settings):
        raise InputError(
            "pulses change one analog device a weight, which cannot be cut into slices",
            where="training.read.weight_bits",
            got=bits,
            allowed="0",
            hint="a scheme that programs its weights: with exact ones, or with devices that are verified",
        )
    for index, copy, matrix in arrays.matrices():
        if arrays.devices:
            array = arrays.devices[index]
            array.grid = array.device.number("upper_bound") / (2 ** (bits - 1) - 1)
            arrays.write(index, copy, matrix, matrix.copy())
