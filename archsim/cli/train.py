"""`archsim train NETWORK --data NAME`: train on the array physics, then price that training with
the activity it had.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from archsim.basics.folders import folder_path, hold, refuse_other
from archsim.chip.standard import STANDARD_CHIP
from archsim.cli import network_options, options
from archsim.cli.output import console, say
from archsim.cli.train_output import write_trained
from hwlib.errors import InputError

if TYPE_CHECKING:
    from archsim.chip.config import Architecture
    from archsim.run.options import Bar
    from archsim.schemes.base import Scheme
SILENT_SECONDS = 4.0


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("network", metavar="NETWORK", help=network_options.NETWORK_HELP)
    network_options.add_network_options(parser)
    network_options.add_adapter_option(parser)
    options.add_data_option(parser)
    parser.add_argument(
        "--scheme",
        default="rpu",
        metavar="NAME|FILE.py",
        help="update rule: rpu (default), another of archsim list schemes, or the file of your own, "
        "which is run",
    )
    parser.add_argument(
        "--device",
        metavar="NAME|FILE",
        help="device of the arrays: archsim list devices (default gokmen2016)",
    )
    parser.add_argument(
        "--arch",
        metavar="NAME|FILE",
        help="chip: archsim list architectures (default rpu for the scheme rpu, else "
        f"{STANDARD_CHIP})",
    )
    options.add_weights_option(parser)
    options.add_epochs_option(parser, default=10)
    options.add_step_options(parser)
    options.add_price_options(parser)
    options.add_set_option(
        parser,
        "any field of the training (training.learning_rate=0.02, training.read.input_bits=7), the device "
        "(device.pulse_step=0.002), the architecture (read.adc_bits=8) or the scheme; repeatable",
    )
    parser.add_argument(
        "--out",
        metavar="DIR",
        help="write checkpoints, history, curves, the measured trace and the report here",
    )
    parser.add_argument(
        "--resume", action="store_true", help="go on from the last checkpoint in --out"
    )
    parser.add_argument(
        "--early-stop",
        type=options.parse_count(1, 100_000),
        metavar="N",
        help="end after N epochs without a lower test error",
    )
    parser.add_argument(
        "--at",
        type=options.parse_positive,
        metavar="SECONDS",
        help="test the trained weights once more, so long after the training",
    )
    options.add_output_options(parser)


def execute(arguments: argparse.Namespace) -> int:
    _check(arguments)
    import archsim
    from archsim.report.progress import make_progress

    wanted = _settings(arguments)
    network = archsim.load_network(arguments.network, **network_options.network_options(arguments))
    network = network_options.adapted(network, arguments)
    watched = contextlib.nullcontext() if arguments.quiet else make_progress(console(stderr=True))
    with (
        hold(arguments.out, "training", "--out", around=True)
        if arguments.out
        else contextlib.nullcontext()
    ):
        with watched as bar, _told_of_compilation(bar, arguments.quiet) as progress:
            trained = archsim.train(
                network,
                wanted.chip,
                arguments.data,
                wanted.scheme,
                epochs=arguments.epochs,
                batch=arguments.batch,
                seed=arguments.seed,
                device=arguments.device,
                settings=wanted.changes,
                images=arguments.images,
                weights=arguments.weights,
                folder=arguments.out,
                resume=arguments.resume,
                early_stop=arguments.early_stop,
                node_nm=arguments.node,
                progress=progress,
            )
        trained.result.document["command"] = arguments.line
        return write_trained(arguments, trained)


@contextlib.contextmanager
def _told_of_compilation(bar: Bar | None, quiet: bool) -> Iterator[Bar]:
    """A progress function that moves `bar`; where none of its calls has come after some seconds,
    say what takes so long.
    """
    text = "compiling the kernels of this device law; they are kept on disk, so this happens once"
    timer = threading.Timer(SILENT_SECONDS, say, (text, quiet))

    def progress(*now: object) -> None:
        timer.cancel()
        if bar:
            bar(*now)

    # It must not keep the process alive after a fault.
    timer.daemon = True
    timer.start()
    try:
        yield progress
    finally:
        timer.cancel()


def _check(arguments: argparse.Namespace) -> None:
    if arguments.resume and not arguments.out:
        raise InputError(
            "going on needs the folder with the checkpoint",
            where="--resume",
            hint="name it with --out",
        )
    if not arguments.out:
        return
    folder = folder_path(arguments.out, "--out").absolute()
    # The folder may not be there yet: what matters is whether it can be made.
    there = next(path for path in (folder, *folder.parents) if path.exists())
    if not os.access(there, os.W_OK):
        raise InputError(
            "cannot write here",
            where="--out",
            got=str(there),
            hint="name another folder with --out",
        )
    refuse_other(folder, "training", "--out")


class TrainingInputs(NamedTuple):
    """The chip, the scheme and the changes of training settings that a line asks for."""

    chip: Architecture
    scheme: Scheme
    changes: dict[str, Any]


def _settings(arguments: argparse.Namespace) -> TrainingInputs:
    """What `--arch`, `--scheme`, `--rate` and `--set` ask for."""
    import archsim
    from archsim.chip.load import parse_setting
    from archsim.schemes import load_scheme
    from archsim.schemes.own_file import scheme_name

    # "" is the chip, whose paths have no head of their own.
    sorted_out: dict[str, dict[str, str]] = {"training": {}, "device": {}, "scheme": {}, "": {}}
    for path, value in options.settings_table(arguments.settings).items():
        head, dot, rest = path.partition(".")
        group = head if dot and head in sorted_out else ""
        sorted_out[group][rest if group else path] = value
    of_chip = [
        path
        for path in sorted_out[""]
        if path.startswith(("weights.replicas", "weights.layer_replicas"))
    ]
    # Two names for one thing: the chip prices devices a weight, the training trains on them.
    if of_chip and any(
        path.split(".")[0] == "devices_per_weight" for path in sorted_out["training"]
    ):
        raise InputError(
            "set twice",
            where="--set",
            got=of_chip[0],
            hint="training.devices_per_weight is the same setting",
        )
    name = scheme_name(arguments.scheme)
    scheme = load_scheme(
        name, {path: parse_setting(f"x={text}")[1] for path, text in sorted_out["scheme"].items()}
    )
    chip = archsim.load_architecture(arguments.arch or scheme.default_chip, sorted_out[""])
    training: dict[str, Any] = dict(sorted_out["training"])
    if arguments.rate is not None:
        _set_once(training, "learning_rate", arguments.rate, "--rate")
    if arguments.at is not None:
        _set_once(training, "test_after_s", arguments.at, "--at")
    device = {f"device_settings.{path}": value for path, value in sorted_out["device"].items()}
    return TrainingInputs(chip, scheme, training | device)


def _set_once(training: dict[str, Any], name: str, value: float, option: str) -> None:
    """A field of the training by its own option. Raises InputError where --set names it too."""
    if name in training:
        raise InputError(
            "set twice", where="--set", got=f"training.{name}", hint=f"{option} names it already"
        )
    training[name] = value
