"""What `archsim run` is given: the work, the chip, images of data."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any, NamedTuple

from hwlib.errors import InputError

if TYPE_CHECKING:
    from archsim.chip.config import Architecture
    from archsim.schemes.base import Scheme
    from archsim.trace import Trace
    from workloads.network import Network


_LARGEST_DATA = 10**9  # bytes of all arrays of --data together, unpacked


class Workload(NamedTuple):
    """What is simulated: a network with its step, or a trace."""

    network: Network | Trace
    scheme: Scheme | None = None
    phase: str = "inference"
    batch: int = 1


def chip_named(arguments: argparse.Namespace, work: Workload) -> str | Architecture:
    """The chip that is named, else the one that a trace was recorded on, else cim40."""
    from archsim.run.simulation import chip_for
    from archsim.trace import Trace

    if arguments.arch is None and isinstance(work.network, Trace):
        return chip_for(work.network, None)[0]
    return "cim40" if arguments.arch is None else str(arguments.arch)


def _images(path: str) -> dict[str, Any]:
    """The arrays of an .npz file by name; nothing in it is unpickled."""
    from archsim.readers.arrays import read_npz

    arrays = read_npz(path, _LARGEST_DATA)
    if not arrays:
        raise InputError("not an .npz file of named arrays", where=f"--data {path}")
    return arrays
