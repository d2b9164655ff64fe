"""`archsim infer NETWORK --data NAME`: trained weights on the arrays of a chip."""

from __future__ import annotations

import argparse
import contextlib

from archsim.basics.folders import folder_path, hold, refuse_other
from archsim.chip.standard import STANDARD_CHIP
from archsim.cli import network_options, options
from archsim.cli.output import console
from archsim.cli.run_output import write_run
from archsim.soc.observers.formats import FORMATS

_CHIP = f"chip: archsim list architectures (default {STANDARD_CHIP})"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("network", metavar="NETWORK", help=network_options.NETWORK_HELP)
    network_options.add_network_options(parser)
    network_options.add_adapter_option(parser)
    options.add_data_option(parser)
    parser.add_argument(
        "--weights",
        metavar="FILE|DIR",
        help="trained weights: .npz, .onnx, or the folder of archsim train --out (default: those in "
        "the network's own file)",
    )
    parser.add_argument("--arch", metavar="NAME|FILE", help=_CHIP)
    parser.add_argument(
        "--device",
        metavar="NAME|FILE",
        help="device that holds the weights (default: the chip's; exact for weights without error)",
    )
    _add_test_options(parser)
    options.add_price_options(parser)
    options.add_set_option(
        parser,
        "any field of the architecture (read.adc_bits=6) or the device (device.read_noise=0.02); "
        "repeatable",
    )
    parser.add_argument(
        "--out", metavar="DIR", help="write result.json, CSV tables and report.html here"
    )
    parser.add_argument(
        "--full", action="store_true", help="print every layer and component, however many"
    )
    options.add_output_options(parser)
    # of `archsim run` only; what both write is one function
    parser.set_defaults(csv=None, **{form.word: None for form in FORMATS})


def _add_test_options(parser: argparse.ArgumentParser) -> None:
    """What is drawn, shown and measured."""
    parser.add_argument(
        "--seeds",
        type=options.parse_count(1, 1000),
        default=5,
        metavar="N",
        help="chips that are drawn (default 5)",
    )
    parser.add_argument(
        "--at",
        type=options.parse_positive,
        metavar="SECONDS",
        help="read the weights so long after they were programmed",
    )
    parser.add_argument(
        "--images",
        type=options.parse_count(1, 10_000_000),
        metavar="N",
        help="test the first N images only",
    )
    parser.add_argument(
        "--calibration",
        type=options.parse_count(1, 10_000),
        default=8,
        metavar="N",
        help="training images that set the ranges of converters and maps (default 8)",
    )
    parser.add_argument(
        "--normalisation-images",
        type=options.parse_count(0, 10_000_000),
        default=0,
        metavar="N",
        help="training images on which each chip measures the means and variances of its batch "
        "normalisations anew (default 0: those of the training)",
    )


def execute(arguments: argparse.Namespace) -> int:
    if arguments.out:
        # Before hours of work, not after them.
        refuse_other(folder_path(arguments.out, "--out"), "run", "--out")
    import archsim
    from archsim.chip.load import parse_setting
    from archsim.report.progress import make_progress

    settings = options.settings_table(arguments.settings)
    own = {path: value for path, value in settings.items() if not path.startswith("device.")}
    device = {
        path[7:]: parse_setting(f"x={text}")[1]
        for path, text in settings.items()
        if path.startswith("device.")
    }
    network = archsim.load_network(arguments.network, **network_options.network_options(arguments))
    network = network_options.adapted(network, arguments)
    chip = archsim.load_architecture(arguments.arch or STANDARD_CHIP, own)
    watched = contextlib.nullcontext() if arguments.quiet else make_progress(console(stderr=True))
    held = hold(arguments.out, "run", "--out", around=True) if arguments.out else None
    with held or contextlib.nullcontext():
        with watched as progress:
            result = archsim.infer(
                network,
                chip,
                arguments.data,
                weights=arguments.weights,
                device=arguments.device,
                device_settings=device or None,
                at=arguments.at or 0.0,
                seeds=arguments.seeds,
                images=arguments.images,
                calibration=arguments.calibration,
                normalisation_images=arguments.normalisation_images,
                seed=arguments.seed,
                node_nm=arguments.node,
                progress=progress,
            )
        result.document["command"] = arguments.line
        return write_run(arguments, result)
