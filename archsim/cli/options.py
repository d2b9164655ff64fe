"""Options that several commands share, and the checks of their values."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterable

from hwlib.errors import InputError, nearest


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


def add_weights_option(parser: argparse.ArgumentParser) -> None:
    """--weights of what trains."""
    parser.add_argument(
        "--weights",
        metavar="FILE|DIR",
        help="begin with trained weights: .npz, .onnx, or the folder of archsim train --out",
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
        # What a 64-bit word of the random generators takes.
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


def settings_table(texts: list[str]) -> dict[str, str]:
    """`--set` strings as field path -> value text. Raises InputError for one that is not
    field=value or stands twice.
    """
    table: dict[str, str] = {}
    for text in texts:
        # At the first sign: values may hold more of them (=derived.pitch_um).
        path, equals, value = text.partition("=")
        path = path.strip()
        if not equals or not path or not value.strip():
            raise InputError("a setting is field.path=value", where="--set", got=text)
        # The last one would win without a word; which was meant is not known.
        if path in table:
            raise InputError("set twice", where="--set", got=path)
        table[path] = value.strip()
    return table


def number_or_word(text: str) -> float | int | str:
    """A setting's value: a whole number, a number or a word."""
    # Whole first: 8 is a number of bits, 8.0 is not.
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text.strip("\"'")
