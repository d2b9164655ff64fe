"""`archsim compare NETWORK`: the update schemes side by side, accuracy and silicon on equal terms."""

from __future__ import annotations

import argparse
import contextlib
import os

from archsim.basics.folders import hold
from archsim.cli import options
from archsim.cli.output import console, print_json, say
from hwlib.errors import InputError


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("network", metavar="NETWORK", help=options.NETWORK_HELP)
    options.add_network_options(parser)
    parser.add_argument(
        "--schemes",
        default="all",
        metavar="A,B|all",
        help="update rules (archsim list schemes; default all; your own: FILE.py), each with settings where wanted: "
        "sgd,tiki_taka:version=agad,sbpca:rank=3:training.learning_rate=0.1",
    )
    parser.add_argument(
        "--data",
        default="digits",
        metavar="NAME|FILE.npz",
        help="data set: archsim list datasets (default digits)",
    )
    parser.add_argument(
        "--arch",
        default="cim40",
        metavar="NAME|FILE",
        help="chip: archsim list architectures (default cim40)",
    )
    parser.add_argument(
        "--epochs",
        type=options.whole(1, 100_000),
        default=1,
        metavar="N",
        help="times through the data (default 1)",
    )
    options.add_step_options(parser)
    parser.add_argument(
        "--images",
        type=options.whole(1, 10_000_000),
        metavar="N",
        help="train on the first N images only",
    )
    parser.add_argument(
        "--node",
        type=options.positive,
        metavar="NM",
        help="technology node of the prices (default: the chip's)",
    )
    options.add_set_option(parser, "any field of the architecture (read.adc_bits=8); repeatable")
    parser.add_argument(
        "--seed",
        type=options.whole(0, 2**63 - 1),
        default=0,
        metavar="N",
        help="seed of everything random (default 0)",
    )
    parser.add_argument(
        "--jobs",
        type=options.whole(1, 4096),
        metavar="N",
        help="schemes at a time, each on one core (default: all cores)",
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


def _schemes(text: str) -> str:
    """The list with the names of schemes in place of their files, which are run."""
    from archsim.schemes.own_file import scheme_names

    parts = [part.strip().split(":") for part in text.split(",")]
    names = scheme_names(part[0] for part in parts)
    return ",".join(":".join([name, *settings]) for name, (_, *settings) in zip(names, parts))


def execute(arguments: argparse.Namespace) -> int:
    if arguments.resume and not arguments.out:
        raise InputError(
            "going on needs the folder with the results",
            where="--resume",
            hint="name it with --out",
        )
    import archsim
    from archsim.comparison import compare
    from archsim.comparison.document import sealed_comparison
    from archsim.report.comparison.progress import watch_schemes

    chip = archsim.load_architecture(arguments.arch, options.settings_table(arguments.settings))
    schemes = _schemes(arguments.schemes)
    network = archsim.load_network(arguments.network, **options.network_options(arguments))
    watched = contextlib.nullcontext() if arguments.quiet else watch_schemes(console(stderr=True))
    report = None
    try:
        with (
            hold(arguments.out, "comparison", "--out", around=True)
            if arguments.out
            else contextlib.nullcontext(),
            watched as progress,
        ):
            found = compare(
                network,
                schemes,
                chip,
                arguments.data,
                epochs=arguments.epochs,
                batch=arguments.batch,
                rate=arguments.rate,
                images=arguments.images,
                seed=arguments.seed,
                node_nm=arguments.node,
                folder=arguments.out,
                resume=arguments.resume,
                progress=progress,
                jobs=arguments.jobs or os.cpu_count() or 1,
            )
            found.command = arguments.line
            if arguments.out and found.results:
                from archsim.report.comparison.page import write_comparison_report

                found.save(arguments.out)
                report = write_comparison_report(arguments.out)[0]
    except KeyboardInterrupt:
        where = (
            f"go on with --resume --out {arguments.out}"
            if arguments.out
            else "with --out it can be resumed"
        )
        say(f"archsim: interrupted; {where}")
        return 130
    for note in found.notes:
        say(f"note: {note}", arguments.quiet)
    if report is not None:
        say(f"report: {report}", arguments.quiet)
    if arguments.json:
        print_json(sealed_comparison(found.to_dict()))
    elif not arguments.quiet:
        from archsim.report.comparison.terminal import print_comparison

        print_comparison(found.rows, found.refused, console())
    for label in found.lost:
        say(f"archsim: {label}: {found.refused[label]}")
    return 1 if found.lost else 0
