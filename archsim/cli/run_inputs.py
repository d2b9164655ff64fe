"""What `archsim run` is given: the work, the chip, images of data."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any, NamedTuple

from archsim.cli import network_options
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
    """The chip that is named, else the one that a trace was recorded on, else the standard one of
    the work."""
    from archsim.run.prepared_run import chip_for, standard_chip
    from archsim.trace import Trace

    if arguments.arch is None and isinstance(work.network, Trace):
        return chip_for(work.network, None)[0]
    standard = standard_chip(work.scheme if work.phase == "training" else None)
    return standard if arguments.arch is None else str(arguments.arch)


def images_in(path: str) -> dict[str, Any]:
    """The arrays of an .npz file by name; nothing in it is unpickled."""
    from archsim.readers.arrays import read_npz

    arrays = read_npz(path, _LARGEST_DATA)
    if not arrays:
        raise InputError("not an .npz file of named arrays", where=f"--data {path}")
    return arrays


def workload_of(arguments: argparse.Namespace, scheme_settings: dict[str, str]) -> Workload:
    """The network with its step, or the trace, which brings scheme, phase and batch itself."""

    # By its ending: what is in it is read once, by whoever checks it.
    if arguments.network.lower().endswith(".json"):
        return _recorded(arguments, scheme_settings)
    scheme: Scheme | None = None
    if arguments.scheme is None and scheme_settings:
        raise InputError(
            "settings of a scheme without one",
            where="--set",
            got="scheme.…",
            hint="name it with --scheme",
        )
    if arguments.scheme is not None:
        from archsim.chip.load import parse_setting
        from archsim.schemes import load_scheme
        from archsim.schemes.own_file import scheme_name

        # Loaded for an inference too: a wrong name is told, and a right one is noted as not used.
        scheme = load_scheme(
            scheme_name(arguments.scheme),
            {path: parse_setting(f"x={text}")[1] for path, text in scheme_settings.items()},
        )
    network = network_options.network_of(arguments)
    return Workload(network, scheme, arguments.phase or "inference", arguments.batch or 1)


def _recorded(arguments: argparse.Namespace, scheme_settings: dict[str, str]) -> Workload:
    """A recorded trace. Raises InputError for what it brings itself; --scheme may name the file of
    the scheme of somebody's own that it was made with.
    """
    from archsim.run.recorded_trace import load_trace
    from archsim.schemes.own_file import load_scheme_file

    # A trace by a rule of one's own names it, but this process does not know it before its file is
    # run.
    own = arguments.scheme is not None and arguments.scheme.endswith(".py")
    for option in ("phase", "batch", "cache") if own else ("scheme", "phase", "batch", "cache"):
        if getattr(arguments, option) is not None:
            raise InputError(
                "a recorded trace brings its own",
                where=f"--{option}",
                got=getattr(arguments, option),
            )
    for option, value in network_options.network_options(arguments).items():
        if value is not None:
            where = f"--{option.rstrip('s').replace('_', '-')}"
            raise InputError(
                "a recorded trace needs no reading of a network's file", where=where, got=value
            )
    for option in ("adapters", "adapters_in"):
        value = getattr(arguments, option)
        if value is not None:
            where = f"--{option.replace('_', '-')}"
            raise InputError("a recorded trace has no network", where=where, got=value)
    if scheme_settings:
        raise InputError("a recorded trace brings its own scheme", where="--set", got="scheme.…")
    name = load_scheme_file(arguments.scheme) if own else None
    trace = load_trace(arguments.network)
    if own and trace.scheme != name:
        raise InputError(
            "a recorded trace brings its own scheme",
            where="--scheme",
            got=name,
            allowed=str(trace.scheme),
        )
    return Workload(trace)
