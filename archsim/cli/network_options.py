"""Options of the commands that take a network: how its file is read, and which step of it is meant."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, TypedDict

from archsim.cli.options import axis_or_none, one_of, parse_count
from hwlib.errors import InputError

if TYPE_CHECKING:
    from workloads.network import Network

NETWORK_HELP = (
    "a built-in name (archsim list networks), our .toml, an .onnx file or a SCALE-Sim topology .csv"
)
LARGEST_RANK = 4096  # as workloads.adapters has it, which help does not load
HELD_IN = ("arrays", "memory")  # the same
TABLES = ("memory", "arrays")  # as workloads.tables_on_arrays has it
PADDINGS = ("auto", "none", "same")


class NetworkWords(TypedDict):
    """How a network's file is meant: keywords of `load_network`."""

    shapes: dict[str, int] | None
    batch_axis: int | str | None
    padding: str | None
    products: str | None
    tables: str | None
    train_constants: str | None


def add_workload_options(parser: argparse.ArgumentParser) -> None:
    """What the chip has to do: --scheme, --phase, --batch."""
    parser.add_argument(
        "--scheme",
        metavar="NAME|FILE.py",
        help="update rule of a training step (archsim list schemes), or the file of your own, which is run",
    )
    parser.add_argument(
        "--phase",
        type=one_of(("inference", "training", "prefill", "decode")),
        metavar="PHASE",
        help="inference (default) or training; of a network that keeps keys and values: prefill, which "
        "reads all tokens and keeps them, or decode, which makes one",
    )
    parser.add_argument(
        "--cache",
        type=parse_count(1, 2**24),
        metavar="N",
        help="with --phase decode: tokens whose keys and values are there (default: all but one of "
        "the network's)",
    )
    parser.add_argument(
        "--batch",
        type=parse_count(1, 1_000_000),
        metavar="N",
        help="images of a training step (default 1)",
    )
    add_network_options(parser)
    add_adapter_option(parser)


def add_adapter_option(parser: argparse.ArgumentParser) -> None:
    """--adapters; `adapted` follows it."""
    parser.add_argument(
        "--adapters",
        type=parse_count(1, LARGEST_RANK),
        metavar="RANK",
        help="freeze the weights, and train low-rank adapters of this rank beside every linear layer "
        "that is wider",
    )
    parser.add_argument(
        "--adapters-in",
        choices=HELD_IN,
        help="where they are: on arrays of their own (default), or digital words in memory",
    )


def adapted(network: Network, arguments: argparse.Namespace) -> Network:
    """The network with the adapters of `--adapters`; itself where none are wanted.

    Raises:
        InputError: where it has nothing to adapt, and for a place of adapters that nobody wants.
    """
    if arguments.adapters is None:
        if arguments.adapters_in is not None:
            raise InputError(
                "says where adapters are, and none are asked for",
                where="--adapters-in",
                got=arguments.adapters_in,
                hint="--adapters RANK",
            )
        return network
    from workloads.adapters import with_adapters  # few commands want it

    held_in = arguments.adapters_in or HELD_IN[0]
    return with_adapters(network, arguments.adapters, held_in=held_in)


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
        help="axis of the batch in the inputs of an .onnx file (default: what the file tells, else "
        "a noted assumption)",
    )
    parser.add_argument(
        "--padding",
        type=one_of(PADDINGS),
        metavar="READING",
        help="windows of a SCALE-Sim file: none, same, or auto (default: what its sizes fit, for "
        "the whole file)",
    )
    parser.add_argument(
        "--product",
        metavar="NAME,NAME|auto|none",
        dest="products",
        help="layers of a SCALE-Sim file that multiply two activations and have no weights (default "
        "auto: by their names)",
    )
    parser.add_argument(
        "--tables",
        choices=TABLES,
        help="where a table of embeddings of an .onnx file is that is also the matrix of a layer: a copy "
        "in memory (default), which cannot train, or on the arrays of that layer",
    )
    parser.add_argument(
        "--train-constants",
        metavar="NAME,NAME|all",
        help="layers of an .onnx file whose constant operands train as digital words: positions that are "
        "added, tokens beside others, biases of transposed convolutions (default: they stay)",
    )


def network_options(arguments: argparse.Namespace) -> NetworkWords:
    """The options of `add_network_options` as keywords of `load_network`."""
    return {
        "shapes": shapes_table(arguments.shapes),
        "batch_axis": arguments.batch_axis,
        "padding": arguments.padding,
        "products": arguments.products,
        "tables": arguments.tables,
        "train_constants": arguments.train_constants,
    }


def network_of(arguments: argparse.Namespace) -> Network:
    """The network of a command, for one token where the phase is decode.

    Raises:
        InputError: for a network that cannot be read, or decoded, and for a cache of another phase.
    """
    from workloads import load_network  # commands that print help read no network

    if arguments.cache is not None and arguments.phase != "decode":
        raise InputError(
            "only a phase of one token has others behind it",
            where="--cache",
            got=arguments.cache,
            hint="--phase decode",
        )
    network = load_network(arguments.network, **network_options(arguments))
    if arguments.phase == "decode":
        network = network.decoding(arguments.cache)
    return adapted(network, arguments)


def shapes_table(texts: list[str]) -> dict[str, int] | None:
    """`--shape` strings as dimension -> size, None without any. Raises InputError for one that is
    not NAME=N or stands twice.
    """
    table: dict[str, int] = {}
    for text in texts:
        name, _, size = text.partition("=")
        # Twelve digits: int() of a text of megabytes would take minutes.
        if not name.strip() or not size.strip().isdecimal() or len(size) > 12 or int(size) < 1:
            raise InputError(
                "a shape is NAME=N, a whole number of at least 1", where="--shape", got=text
            )
        if name.strip() in table:
            raise InputError("set twice", where="--shape", got=name.strip())
        table[name.strip()] = int(size)
    return table or None
