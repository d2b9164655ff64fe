"""`archsim report FOLDER`: the HTML page, the CSV tables and the figures (SVG and PNG) of a run, a
comparison or a sweep.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from archsim.basics.folders import hold, kind_of
from archsim.cli.options import add_jobs_option, add_output_options, add_set_option, settings_table
from archsim.cli.output import emit, print_json, say
from hwlib.errors import InputError


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "folder",
        metavar="FOLDER",
        help="what run, train, compare or explore wrote with --out, or its JSON file",
    )
    parser.add_argument("--out", metavar="DIR", help="where to write (default: beside the result)")
    parser.add_argument(
        "--gallery",
        action="store_true",
        help="FOLDER holds studies: write its index.html and one for each of them",
    )
    parser.add_argument(
        "--rung",
        metavar="KIND",
        help="of a sweep: the report as far as this rung (price, timing), into FOLDER/KIND",
    )
    parser.add_argument(
        "--reprice",
        action="store_true",
        help="price FOLDER again with the activity that its trainings kept, without training, and "
        "say what moved",
    )
    parser.add_argument(
        "--arch",
        metavar="NAME|FILE",
        help="with --reprice: another chip for a training or a comparison",
    )
    add_set_option(
        parser, "with --reprice: any field of the chip of a training or a comparison; repeatable"
    )
    parser.add_argument(
        "--network",
        metavar="FILE",
        help="with --reprice: the network of a training or a comparison, where it is a file",
    )
    add_jobs_option(parser, "with --reprice: processes of a sweep (default 1)")
    add_output_options(parser)


def execute(arguments: argparse.Namespace) -> int:
    if arguments.gallery and arguments.out:
        raise InputError("a gallery lies beside its studies", where="--out", got=arguments.out)
    if arguments.gallery and arguments.rung:
        raise InputError("only a sweep has rungs", where="--rung", got=arguments.rung)
    if arguments.reprice:
        return _reprice(arguments)
    # Options that only one way of the command reads are refused on the other.
    for name in ("arch", "network", "jobs", "settings"):
        if getattr(arguments, name):
            raise InputError(
                "belongs to --reprice",
                where=f"--{'set' if name == 'settings' else name}",
                got=str(getattr(arguments, name)),
            )
    source = Path(arguments.folder)
    if not source.exists():
        return _write(arguments)  # which says what is missing
    beside = source if source.is_dir() else source.parent
    folder = Path(arguments.out or (beside / arguments.rung if arguments.rung else beside))
    # the report of a folder belongs into it; any other folder must hold no result of its own
    own = folder.exists() and folder.samefile(beside)
    with hold(
        folder,
        (kind_of(folder) if own else "sweep" if arguments.rung else None) or "report",
        "--out",
    ):
        return _write(arguments)


def _reprice(arguments: argparse.Namespace) -> int:
    from archsim.studies.reprice import PAGE, reprice

    for name in ("out", "gallery", "rung"):
        if getattr(arguments, name):
            raise InputError(
                "does not go with --reprice, which rewrites the folder",
                where=f"--{name}",
                got=str(getattr(arguments, name)),
            )
    moved = reprice(
        arguments.folder,
        arguments.arch,
        settings_table(arguments.settings),
        arguments.network,
        arguments.jobs or 1,
    )
    if arguments.json:
        print_json(
            {
                "moved": moved.rows(),
                "compared": moved.cells,
                "missing": moved.missing,
                "notes": moved.notes,
            }
        )
    elif not arguments.quiet:
        emit((Path(arguments.folder) / PAGE).read_text(encoding="utf-8"), end="")
    say(f"priced again: {Path(arguments.folder) / PAGE}", arguments.quiet)
    return 0


def _write(arguments: argparse.Namespace) -> int:
    if arguments.gallery:
        return _gallery(arguments)
    if arguments.rung:
        return _rung(arguments)
    if (Path(arguments.folder) / "sweep.json").is_file():
        from archsim.report.sweep.page import write_sweep_report

        return _tell(
            write_sweep_report(arguments.folder, arguments.out or arguments.folder), arguments
        )
    if (Path(arguments.folder) / "compare.json").is_file() or Path(
        arguments.folder
    ).name == "compare.json":
        from archsim.report.comparison.page import write_comparison_report

        return _tell(write_comparison_report(arguments.folder, arguments.out), arguments)
    from archsim.run.result import Result

    result = Result.load(arguments.folder)
    from archsim.basics.files import write_files
    from archsim.report.run.export import write_plots
    from archsim.report.run.page import render_report

    source = Path(arguments.folder)
    folder = Path(arguments.out) if arguments.out else source if source.is_dir() else source.parent
    files = {**result.files(), "report.html": render_report(result.to_dict())}
    # A report is made from it and leaves it as it was: it may be of an earlier version.
    del files["result.json"]
    write_files(folder, files)
    figures = write_plots(result.to_dict(), folder / "figures")
    if arguments.json:
        print_json(
            {"files": [str(folder / name) for name in files] + [str(path) for path in figures]}
        )
    say(f"report: {folder / 'report.html'}", arguments.quiet)
    return 0


def _rung(arguments: argparse.Namespace) -> int:
    import json

    from archsim.basics.files import write_files
    from archsim.exploration.sweep import load_sweep
    from archsim.readers.digest import seal
    from archsim.report.sweep.page import write_pages

    document = seal(load_sweep(arguments.folder, arguments.rung).to_dict())
    folder = Path(arguments.out or Path(arguments.folder) / arguments.rung)
    text = json.dumps(document, allow_nan=False) + "\n"
    return _tell(
        [*write_pages(document, folder), write_files(folder, {"sweep.json": text}) / "sweep.json"],
        arguments,
    )


def _gallery(arguments: argparse.Namespace) -> int:
    from archsim.report.gallery.gallery import write_gallery

    written, broken = write_gallery(arguments.folder)
    for link in broken:
        say(f"note: this link leads nowhere: {link}", arguments.quiet)
    return _tell(written, arguments)


def _tell(written: list[Path], arguments: argparse.Namespace) -> int:
    if arguments.json:
        print_json({"files": [str(path) for path in written]})
    say(f"report: {written[0]}", arguments.quiet)
    return 0
