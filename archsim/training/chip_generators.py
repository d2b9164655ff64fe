"""The generators of pulse trains of a chip, as the settings of a training name them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archsim.schemes.base import Scheme
from archsim.training.chip_devices import chip_with_devices as chip_with_devices
from archsim.training.sections import GENERATOR_FIELDS
from hwlib.errors import InputError

if TYPE_CHECKING:
    from archsim.chip.config import Architecture


def makes_trains(scheme: Scheme, chip: Architecture) -> bool:
    """Whether the scheme adds generators of pulse trains to the chip."""
    return "bitstream_generator" in scheme.parts(chip)


def generators_of(chip: Architecture) -> dict[str, Any]:
    """The generators of the chip's pulse trains, as training.settings.UpdateSettings names them, as
    far as they act.
    """
    return {name: getattr(chip.bitstream, name) for name in generator_fields(chip)}


def generator_fields(chip: Architecture) -> tuple[str, ...]:
    """Fields of `bitstream` that a training with pulse trains reads."""
    # Random bits have no generator, and so nothing that could be set of it.
    if chip.bitstream.source == "ideal":
        return ("source",)
    # Only a block that all lines share has to serve them in turn.
    block = ("bits_per_cycle",) if chip.bitstream.sharing == "chip" else ()
    return ("source", "resolution", "sharing", *block)


def refuse_generators(keys: list[str]) -> None:
    """What makes the trains is what is priced: the chip says it."""
    if keys[0] == "update" and keys[-1] in GENERATOR_FIELDS:
        raise InputError(
            "the generators of pulse trains are the chip's",
            where=f"training.{'.'.join(keys)}",
            got=keys[-1],
            allowed="a setting of the chip",
            hint=f"set bitstream.{keys[-1]}",
        )
