"""Options that several commands share, and the checks of their values."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterable
from typing import TypedDict

from hwlib.errors import InputError, nearest

NETWORK_HELP = (
    "a built-in name (archsim list networks), our .toml, an .onnx file or a SCALE-Sim topology .csv"
)
PADDINGS = ("auto", "none", "same")


class NetworkWords(TypedDict):
    """How a network's file is meant: keywords of `load_network`."""

    shapes: dict[str, int] | None
    batch_axis: int | str | None
    padding: str | None
    products: str | None


def parse_count(low: int, high: int) -> Callable[[str], int]:
    """A type for whole numbers of a range."""

    def parse(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(
                f"not a whole number; got {text[:40]!r}; allowed: {low} to {high}"
            ) from None
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(
                f"out of range; got {text[:40]}; allowed: {low} to {high}"
            )
        return value

    return parse


def axis_or_none(text: str) -> int | str:
    """A type for an axis from 0 on, or the word none."""
    return text if text == "none" else parse_count(0, 63)(text)


def parse_positive(text: str) -> float:
    """A type for finite numbers above zero."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value > 0):
        raise argparse.ArgumentTypeError(f"not a number above zero; got {text[:40]!r}")
    return value


def one_of(names: Iterable[str]) -> Callable[[str], str]:
    """A type for one of some names, with the nearest one where it is none."""
    names = tuple(names)

    def parse(text: str) -> str:
        if text in names:
            return text
        hint = nearest(text, names)
        raise argparse.ArgumentTypeError(
            f"got {text[:40]!r}; allowed: {', '.join(names)}" + (f"; {hint}" if hint else "")
        )

    return parse


def add_data_option(parser: argparse.ArgumentParser) -> None:
    """--data of a training."""
    parser.add_argument(
        "--data",
        default="digits",
        metavar="NAME|FILE.npz",
        help="data set: archsim list datasets (default digits, which needs no download)",
    )


def add_epochs_option(parser: argparse.ArgumentParser, default: int) -> None:
    """--epochs, and --images of them."""
    parser.add_argument(
        "--epochs",
        type=parse_count(1, 100_000),
        default=default,
        metavar="N",
        help=f"times through the data (default {default})",
    )
    parser.add_argument(
        "--images",
        type=parse_count(1, 10_000_000),
        metavar="N",
        help="train on the first N images only",
    )


def add_price_options(parser: argparse.ArgumentParser) -> None:
    """--node and --seed."""
    parser.add_argument(
        "--node",
        type=parse_positive,
        metavar="NM",
        help="technology node of the prices (default: the chip's)",
    )
    parser.add_argument(
        "--seed",
        type=parse_count(0, 2**63 - 1),
        default=0,
        metavar="N",
        help="seed of everything random (default 0)",
    )


def add_jobs_option(parser: argparse.ArgumentParser, what: str) -> None:
    """--jobs: processes at a time."""
    parser.add_argument("--jobs", type=parse_count(1, 4096), metavar="N", help=what)


def add_step_options(parser: argparse.ArgumentParser) -> None:
    """--batch and --rate of a training."""
    parser.add_argument(
        "--batch",
        type=parse_count(1, 4096),
        metavar="N",
        help="images of a training step (default: what the scheme suggests)",
    )
    parser.add_argument(
        "--rate",
        type=parse_positive,
        metavar="RATE",
        help="learning rate (default: what the scheme suggests)",
    )


def add_output_options(parser: argparse.ArgumentParser) -> None:
    """--json and --quiet."""
    parser.add_argument(
        "--json", action="store_true", help="only JSON on stdout; everything else on stderr"
    )
    parser.add_argument("--quiet", action="store_true", help="no progress and no messages")


def add_set_option(parser: argparse.ArgumentParser, what: str) -> None:
    """--set field.path=value, repeatable."""
    parser.add_argument(
        "--set", action="append", default=[], metavar="FIELD=VALUE", dest="settings", help=what
    )


def add_workload_options(parser: argparse.ArgumentParser) -> None:
    """What the chip has to do: --scheme, --phase, --batch."""
    parser.add_argument(
        "--scheme",
        metavar="NAME|FILE.py",
        help="update rule of a training step (archsim list schemes), or the file of your own, which is run",
    )
    parser.add_argument(
        "--phase",
        type=one_of(("inference", "training")),
        metavar="PHASE",
        help="inference (default) or training",
    )
    parser.add_argument(
        "--batch",
        type=parse_count(1, 1_000_000),
        metavar="N",
        help="images of a training step (default 1)",
    )
    add_network_options(parser)


def add_network_options(parser: argparse.ArgumentParser) -> None:
    """How a NETWORK that is a file is meant; `network_options` reads them."""
    parser.add_argument(
        "--shape",
        action="append",
        default=[],
        metavar="NAME=N",
        dest="shapes",
        help="size of a symbolic dimension of an .onnx file; repeatable",
    )
    parser.add_argument(
        "--batch-axis",
        type=axis_or_none,
        metavar="N|none",
        help="axis of the batch in the inputs of an .onnx file (default: what the file tells, else a noted assumption)",
    )
    parser.add_argument(
        "--padding",
        type=one_of(PADDINGS),
        metavar="READING",
        help="windows of a SCALE-Sim file: none, same, or auto (default: what its sizes fit, for the whole file)",
    )
    parser.add_argument(
        "--product",
        metavar="NAME,NAME|auto|none",
        dest="products",
        help="layers of a SCALE-Sim file that multiply two activations and have no weights (default auto: by their names)",
    )


def network_options(arguments: argparse.Namespace) -> NetworkWords:
    """The options of `add_network_options` as keywords of `load_network`."""
    return {
        "shapes": shapes_table(arguments.shapes),
        "batch_axis": arguments.batch_axis,
        "padding": arguments.padding,
        "products": arguments.products,
    }


def shapes_table(texts: list[str]) -> dict[str, int] | None:
    """`--shape` strings as dimension -> size, None without any. Raises InputError for one that is
    not NAME=N or stands twice.
    """
    table: dict[str, int] = {}
    for text in texts:
        name, _, size = text.partition("=")
        if not name.strip() or not size.strip().isdecimal() or len(size) > 12 or int(size) < 1:
            raise InputError(
                "a shape is NAME=N, a whole number of at least 1", where="--shape", got=text
            )
        if name.strip() in table:
            raise InputError("set twice", where="--shape", got=name.strip())
        table[name.strip()] = int(size)
    return table or None


def settings_table(texts: list[str]) -> dict[str, str]:
    """`--set` strings as field path -> value text. Raises InputError for one that is not
    field=value or stands twice.
    """
    table: dict[str, str] = {}
    for text in texts:
        path, equals, value = text.partition("=")
        path = path.strip()
        if not equals or not path or not value.strip():
            raise InputError("a setting is field.path=value", where="--set", got=text)
        if path in table:
            raise InputError("set twice", where="--set", got=path)
        table[path] = value.strip()
    return table


def number_or_word(text: str) -> float | int | str:
    """A setting's value: a whole number, a number or a word."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text.strip("\"'")
