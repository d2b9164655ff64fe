"""`archsim trace NETWORK`: the operations of an inference or training step, as a file that `archsim
run` executes.
"""

from __future__ import annotations

import argparse
import dataclasses

from archsim.cli.network_options import NETWORK_HELP, add_workload_options, network_of
from archsim.cli.options import add_output_options
from archsim.cli.output import say
from hwlib.errors import InputError


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("network", metavar="NETWORK", help=NETWORK_HELP)
    add_workload_options(parser)
    parser.add_argument(
        "--arch",
        metavar="NAME|FILE",
        help="keep this chip in the file, for `archsim run` to execute it on",
    )
    parser.add_argument(
        "--out", metavar="FILE", help="the file to write (default: NAME.trace.json here)"
    )
    add_output_options(parser)


def execute(arguments: argparse.Namespace) -> int:
    from archsim.chip import load_architecture
    from archsim.chip.step_on_chip import step_on
    from archsim.run.prepared_run import untrained_notes
    from archsim.schemes import load_scheme
    from archsim.schemes.own_file import scheme_name
    from archsim.trace import build_trace, recorded_on, save_trace

    network = network_of(arguments)
    path = arguments.out or f"{network.name}.trace.json"
    if not path.endswith(".json"):
        raise InputError(
            "a trace is a .json file, by which `archsim run` knows it", where="--out", got=path
        )
    scheme = load_scheme(scheme_name(arguments.scheme)) if arguments.scheme else None
    chip = load_architecture(arguments.arch) if arguments.arch is not None else None
    phase = arguments.phase or "inference"
    batch = arguments.batch or 1
    step = (network, scheme, phase, batch)
    # Biases and products of activations depend on the chip; without one the usual ones are taken.
    trace = build_trace(*step) if chip is None else step_on(chip, *step)
    if trace.scheme and scheme is not None:
        trace = dataclasses.replace(trace, notes=(*trace.notes, *untrained_notes(network, scheme)))
    if chip is not None:
        trace = recorded_on(trace, chip)
    save_trace(trace, path)
    say(
        f"{path}: {len(trace.image_operations)} operations an image, {len(trace.batch_operations)} "
        "once a batch",
        arguments.quiet,
    )
    return 0
