"""One door for networks: a built-in name or a path to TOML, ONNX, a SCALE-Sim or NeuroSim CSV, or
problems of Timeloop and CiMLoop in YAML.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack

from archsim.readers.call_types import takes_its_types
from archsim.readers.files import checked_path
from hwlib.errors import InputError, nearest, unknown
from workloads.network import Network

if TYPE_CHECKING:
    from workloads.onnx.inspection import Inspected

FORMATS = (".toml", ".onnx", ".csv", ".yaml", ".yml")
_OF_TORCH = (
    "a PyTorch file may run code when it is opened: load it yourself and give the module to "
    "archsim.from_torch, or write it with torch.onnx.export"
)
_OF_KERAS = "write it as ONNX: model.export(path, format='onnx') in Keras 3, or tf2onnx"
# How to export what cannot be read, by the suffix of the file.
_EXPORTS = {
    **dict.fromkeys((".pt", ".pth", ".pt2", ".ckpt", ".safetensors"), _OF_TORCH),
    **dict.fromkeys((".h5", ".hdf5", ".keras", ".pb"), _OF_KERAS),
    # None of these formats is read, since each needs its framework, a gigabyte for a few shapes.
    ".tflite": "write it as ONNX: python -m tf2onnx.convert --tflite FILE --output net.onnx",
}
_PROBLEMS = (".yaml", ".yml")
_BUILT_IN = Path(__file__).parent / "networks"


class NetworkReading(TypedDict, total=False):
    """How a network's file is meant: the keywords of `load_network`."""

    shapes: Mapping[str, int] | None
    batch_axis: int | str | None
    padding: str | None
    products: str | Sequence[str] | None
    tables: str | None
    train_constants: str | Sequence[str] | None


@takes_its_types("name_or_path")
def load_network(
    name_or_path: str | Path,
    *,
    shapes: Mapping[str, int] | None = None,
    batch_axis: int | str | None = None,
    padding: str | None = None,
    products: str | Sequence[str] | None = None,
    tables: str | None = None,
    train_constants: str | Sequence[str] | None = None,
) -> Network:
    """The network of a built-in name or of a file.

    A name without suffix and slash is looked up among the built-in networks first, then as a file.

    Args:
        name_or_path: a name of `list_networks`, our TOML, an ONNX file, a layer table, or Timeloop's
            problems (a YAML file, or a folder of them).
        shapes: sizes of the symbolic dimensions of an ONNX file ({"sequence": 32}); the batch needs
            none.
        batch_axis: axis of the batch in the inputs of an ONNX file, "none" where they have none; None
            looks for it.
        padding: "auto", "none" or "same": windows of a SCALE-Sim file.
        products: "auto", "none" or names of layers of a layer table that multiply two activations.
        tables: of an ONNX file, where a table of embeddings is that is also the matrix of a layer:
            "memory" has a copy of it beside the arrays, which cannot train, "arrays" reads its rows on
            those of that layer.
        train_constants: of an ONNX file, names of layers whose constant operands train, or "all" (see
            `with_trained_constants`); None: they stay as they are.

    Returns:
        the `Network`.

    Raises:
        InputError: with the file and line or field.
    """
    text = str(name_or_path)
    path = _path_of(name_or_path)
    suffix = path.suffix.lower()
    # By far the likeliest .json file here; the general refusal wouldn't tell where it belongs.
    if suffix == ".json":
        raise InputError(
            "a recorded trace is not a network",
            where=text,
            hint=f"execute it with `archsim run {text}`",
        )
    # Only a folder of Timeloop's problems comes so far; any other was refused with the path.
    folder = path.is_dir()
    if suffix not in FORMATS and not folder:
        raise InputError(
            "unknown kind of network file",
            where=text,
            got=path.suffix or "no suffix",
            allowed=FORMATS,
            hint=_EXPORTS.get(suffix, ""),
        )
    if suffix != ".onnx":
        _refuse_onnx_options(text, shapes, batch_axis, tables)
        if train_constants is not None:
            raise InputError(
                "constants that train belong to .onnx files only: others have no constant operands",
                where=text,
                got=train_constants,
            )
    # These may take `products` but never `padding`, which they state.
    problems = folder or suffix in _PROBLEMS
    if suffix != ".csv":
        _refuse_table_options(text, padding, None if problems else products)
    if problems:
        from workloads.tables.timeloop_file import read_timeloop_network

        return read_timeloop_network(path, products)
    # A reader is imported for its own files only: onnx alone takes a second.
    if suffix == ".onnx":
        from workloads.onnx_file import read_onnx_network

        network = read_onnx_network(path, shapes=shapes, batch_axis=batch_axis)
        return _with_constants(_with_tables(network, tables), train_constants)
    if suffix == ".csv":
        from workloads.scalesim_file import read_scalesim_network

        return read_scalesim_network(path, padding, products)
    from workloads.toml_file import read_toml_network

    return read_toml_network(path)


def _with_tables(network: Network, tables: str | None) -> Network:
    """The network with its tables where they are asked to be. Raises InputError."""
    from workloads.tables_on_arrays import TABLES, with_tables_on_arrays

    if tables is not None and tables not in TABLES:
        raise unknown("place of tables", tables, TABLES, f"{network.name}: tables")
    return with_tables_on_arrays(network) if tables == "arrays" else network


def _with_constants(network: Network, names: str | Sequence[str] | None) -> Network:
    """The network with constants that train, where any are named. Raises InputError."""
    if names is None:
        return network
    from workloads.trained_constants import with_trained_constants  # few commands want it

    return with_trained_constants(network, names)


def inspect_network(name_or_path: str | Path, **reading: Unpack[NetworkReading]) -> Inspected:
    """The network of an ONNX file as far as it can be taken.

    Args:
        name_or_path: of the file.
        reading: shapes and batch_axis, as of `load_network`.

    Returns:
        the `Inspected`: the network, and every node that is not taken.

    Raises:
        InputError: for what is no ONNX file.
    """
    from workloads.onnx.inspection import inspect_onnx  # onnx alone takes a second

    path = _path_of(name_or_path)
    _refuse_table_options(str(path), reading.get("padding"), reading.get("products"))
    inspected = inspect_onnx(path, reading.get("shapes"), reading.get("batch_axis"))
    network = _with_tables(inspected.network, reading.get("tables"))
    return inspected._replace(network=_with_constants(network, reading.get("train_constants")))


def _refuse_table_options(text: str, padding: object, products: object) -> None:
    """Raise InputError where another file is given what only a layer table has."""
    for option, value in (("padding", padding), ("products", products)):
        if value is not None:
            raise InputError(
                "belongs to SCALE-Sim and NeuroSim .csv files only",
                where=f"{text}: {option}",
                got=value,
            )


def _refuse_onnx_options(
    text: str, shapes: Mapping[str, int] | None, batch_axis: int | str | None, tables: str | None
) -> None:
    """Raise InputError where another file is given what only an ONNX file has."""
    if shapes:
        raise InputError(
            "shapes of symbolic dimensions belong to .onnx files only", where=text, got=dict(shapes)
        )
    if batch_axis is not None:
        raise InputError(
            "a batch axis belongs to .onnx files only: other networks have none",
            where=text,
            got=batch_axis,
        )
    if tables is not None:
        raise InputError(
            "where tables are belongs to .onnx files only: other networks say it by their layers",
            where=text,
            got=tables,
        )


def _path_of(name_or_path: str | Path) -> Path:
    """The file of a built-in name or of a path. Raises InputError where there is none."""
    if not isinstance(name_or_path, (str, Path)):
        raise InputError("a network is a built-in name or a path", got=name_or_path)
    text = str(name_or_path)
    built_in = sorted(file.stem for file in _BUILT_IN.glob("*.toml"))
    # Before the disk is looked at, so a stray folder of that name doesn't change what a script
    # means; `./lenet5` is the folder.
    if text in built_in:
        return _BUILT_IN / f"{text}.toml"
    if text and not _is_bare_name(text):
        return _problem_folder(text) or checked_path(text, built_in)
    raise InputError(
        "unknown network",
        got=text,
        allowed=[*built_in, "or a path to .toml, .onnx, .csv, .yaml"],
        # A bare word is nearly always a misspelt name, and "no such file" would lead astray.
        hint=nearest(text, built_in) or "`archsim list networks` tells what there is",
    )


def _problem_folder(text: str) -> Path | None:
    """A folder with problems of Timeloop in it, one a layer."""
    try:
        # An empty folder isn't a network; it is refused as a path.
        if any(
            item.suffix in _PROBLEMS and not item.name.startswith(".")
            for item in Path(text).iterdir()
        ):
            return Path(text)
    except (OSError, ValueError):
        pass
    return None


def list_networks() -> dict[str, str]:
    """The built-in networks: name and one-line description."""
    from workloads.toml_file import read_description

    return {file.stem: read_description(file) for file in sorted(_BUILT_IN.glob("*.toml"))}


def _is_bare_name(text: str) -> bool:
    """True for a name like `lenet2`: no folder, no known suffix, no such file."""
    path = Path(text)
    if (
        path.suffix.lower() in (*FORMATS, ".json")
        or len(path.parts) > 1
        or text.endswith(("/", "\\"))
        or text in (".", "..")
    ):
        return False
    try:
        return not path.exists()
    except (OSError, ValueError):
        return True
