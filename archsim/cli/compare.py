"""`archsim compare NETWORK`: the update schemes side by side, accuracy and silicon on equal terms."""

from __future__ import annotations

import argparse
import contextlib
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from archsim.basics.folders import hold
from archsim.chip.standard import STANDARD_CHIP
from archsim.cli import network_options, options
from archsim.cli.output import console, print_json, say
from hwlib.errors import InputError

MOST_TRIALS = 10_000

if TYPE_CHECKING:
    from archsim.comparison import Comparison


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("network", metavar="NETWORK", help=network_options.NETWORK_HELP)
    network_options.add_network_options(parser)
    network_options.add_adapter_option(parser)
    parser.add_argument(
        "--schemes",
        default="all",
        metavar="A,B|all",
        help="update rules (archsim list schemes; default all; your own: FILE.py), each with "
        "settings where wanted: "
        "sgd,tiki_taka:version=agad,sbpca:rank=3:training.learning_rate=0.1",
    )
    options.add_data_option(parser)
    parser.add_argument(
        "--arch",
        default=STANDARD_CHIP,
        metavar="NAME|FILE",
        help=f"chip of all schemes: archsim list architectures (default {STANDARD_CHIP})",
    )
    options.add_weights_option(parser)
    options.add_epochs_option(parser, default=1)
    _add_terms(parser)
    options.add_step_options(parser)
    options.add_price_options(parser)
    options.add_set_option(parser, "any field of the architecture (read.adc_bits=8); repeatable")
    options.add_jobs_option(parser, "trainings at a time, each on one core (default: all cores)")
    parser.add_argument(
        "--cluster",
        metavar="ADDRESS",
        help="a dask scheduler, e.g. tcp://host:8786 (needs the extra 'dask')",
    )
    parser.add_argument(
        "--out",
        metavar="DIR",
        help="keep checkpoints and results here; compare.json, report.html, figures and tables",
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="take what is finished in --out and go on with the rest",
    )
    options.add_output_options(parser)


def _add_terms(parser: argparse.ArgumentParser) -> None:
    """What makes the comparison a fair one: seeds, tuning, device."""
    parser.add_argument(
        "--seeds",
        type=options.parse_count(1, 1000),
        default=1,
        metavar="N",
        help="trainings of every scheme, of --seed and the numbers after it (default 1)",
    )
    parser.add_argument(
        "--tune",
        type=options.parse_count(1, MOST_TRIALS),
        metavar="N",
        help="trials of every scheme over its rate and the settings that its file declares, on a part of the "
        "training set (default: none)",
    )
    parser.add_argument(
        "--tune-images",
        type=options.parse_count(1, 10_000_000),
        metavar="N",
        help="images that a trial trains on (default: up to 5000)",
    )
    parser.add_argument(
        "--device",
        metavar="NAME|FILE",
        help="device of every scheme on arrays: archsim list devices (default: each scheme's own)",
    )


def _schemes(text: str) -> str:
    """The list with the names of schemes in place of their files, which are run."""
    from archsim.schemes.own_file import scheme_names

    parts = [part.strip().split(":") for part in text.split(",")]
    # A file is run here, once, in this process: afterwards its rule is known by its name, to
    # workers too.
    names = scheme_names(part[0] for part in parts)
    return ",".join(":".join([name, *settings]) for name, (_, *settings) in zip(names, parts))


def execute(arguments: argparse.Namespace) -> int:
    # Said before anything is trained: without a folder there is nothing to go on from.
    if arguments.resume and not arguments.out:
        raise InputError(
            "going on needs the folder with the results",
            where="--resume",
            hint="name it with --out",
        )
    report: Path | None = None
    try:
        with (
            # Held around both: nobody else may write between the results and their report.
            hold(arguments.out, "comparison", "--out", around=True)
            if arguments.out
            else (contextlib.nullcontext())
        ):
            comparison = replace(_compare(arguments), command=arguments.line)
            if arguments.out and comparison.results:
                from archsim.report.comparison.page import write_comparison_report

                comparison.save(arguments.out)
                report = write_comparison_report(arguments.out)[0]
    except KeyboardInterrupt:
        where = (
            f"go on with --resume --out {arguments.out}"
            if arguments.out
            else "with --out it can be resumed"
        )
        say(f"archsim: interrupted; {where}")
        return 130
    return _tell(arguments, comparison, report)


def _compare(arguments: argparse.Namespace) -> Comparison:
    import archsim
    from archsim.comparison import compare
    from archsim.report.comparison.progress import watch_schemes

    chip = archsim.load_architecture(arguments.arch, options.settings_table(arguments.settings))
    schemes = _schemes(arguments.schemes)
    network = archsim.load_network(arguments.network, **network_options.network_options(arguments))
    network = network_options.adapted(network, arguments)
    watched = contextlib.nullcontext() if arguments.quiet else watch_schemes(console(stderr=True))
    with watched as progress:
        return compare(
            network,
            schemes,
            chip,
            arguments.data,
            epochs=arguments.epochs,
            batch=arguments.batch,
            rate=arguments.rate,
            images=arguments.images,
            weights=arguments.weights,
            seed=arguments.seed,
            node_nm=arguments.node,
            folder=arguments.out,
            resume=arguments.resume,
            progress=progress,
            # The machine may not tell how many cores it has.
            jobs=arguments.jobs or os.cpu_count() or 1,
            seeds=arguments.seeds,
            tune=arguments.tune or 0,
            tune_images=arguments.tune_images,
            device=arguments.device,
            cluster=arguments.cluster,
        )


def _tell(arguments: argparse.Namespace, comparison: Comparison, report: Path | None) -> int:
    """Notes, where the report is, and the comparison; 1 where a scheme was lost."""
    from archsim.comparison.document import sealed_comparison

    for note in comparison.notes:
        say(f"note: {note}", arguments.quiet)
    if report is not None:
        say(f"report: {report}", arguments.quiet)
    if arguments.json:
        print_json(sealed_comparison(comparison.to_dict()))
    elif not arguments.quiet:
        from archsim.report.comparison.terminal import print_comparison, told_terms

        print_comparison(comparison.rows, comparison.refused, console(), told_terms(comparison))
        from archsim.report.comparison.verdict_lines import print_verdicts

        print_verdicts(comparison.standing.to_dict(), console())
    for label in comparison.lost:
        say(f"archsim: {label}: {comparison.refused[label]}")
    # A lost scheme is a fault of the program, not of the input; the others are told all the same.
    return 1 if comparison.lost else 0
