"""The header line of a SCALE-Sim topology file: which column is what, in the spellings that people
use.
"""

from __future__ import annotations

import re

from hwlib.errors import InputError
from workloads.tables.topology import Notes

CONVOLUTION = (
    "name",
    "ifmap height",
    "ifmap width",
    "filter height",
    "filter width",
    "channels",
    "num filter",
    "strides",
)
GEMM = ("name", "m", "n", "k")
_ALLOWED = f"'{', '.join(CONVOLUTION)}' or 'name, m, n, k'"
_SPELLINGS = {
    "name": r"layers?|layers?names?|names?|layerid",
    "ifmap height": r"(ifmap|ifm|input|in|image|featuremap|fmap)(map|feature|featuremap)?(height|h|rows?)|ih",
    "ifmap width": r"(ifmap|ifm|input|in|image|featuremap|fmap)(map|feature|featuremap)?"
    r"(width|w|cols?|columns?)|iw",
    "filter height": r"(filter|filt|kernel|weight|f|k|r)(height|h|rows?)|r",
    "filter width": r"(filter|filt|kernel|weight|f|k|s)(width|w|cols?|columns?)|s",
    "channels": r"(num|number|no|input|in|ifmap)?(of)?(channels?|ch|inchannels?)|c",
    "num filter": r"(num|number|no|n)?(of)?(filters?|filt|kernels?|outputchannels?|outchannels?)"
    r"|ofmapchannels?",
    "strides": r"strides?|strides?(height|h|y|rows?)|(vertical|row)strides?",
    "stride width": r"strides?(width|w|x|cols?|columns?)|(horizontal|column)strides?",
    "padding": r"padding|pads?|paddings",
    "batch": r"batch(size)?|batches",
    "sparsity": r"sparsity(ratio|support)?|sparse(ratio)?|nm",
    "m": r"m",
    "n": r"n",
    "k": r"k",
}


def read_header(cells: list[str], where: str, notes: Notes) -> tuple[str, dict[str, int]]:
    """(form, column positions) of a header line; form is `convolution` or `gemm`. Raises
    InputError.

    SCALE-Sim itself ignores the header and goes by position. So a header with a column named twice
    (DeepBench's two "IFMAP Width"), named otherwise or not at all is read in the standard order, as
    long as no column stands in another's place. One that names every column once, in an order of
    its own, is believed, and a note says so.
    """
    # A layer's name may be a number; numbers in the cells behind it are a layer's alone.
    if len(cells) > 3 and all(_is_number(cell) for cell in cells[1:4]):
        raise InputError(
            "has no header line",
            where=where,
            got=", ".join(cells)[:120],
            allowed=_ALLOWED,
            hint="SCALE-Sim would skip this line, and the layer on it",
        )
    kinds = [_kind(cell) for cell in cells]
    # The same reader takes both kinds of file, which nothing but the header tells apart.
    form, order = ("gemm", GEMM) if _is_gemm(kinds) else ("convolution", CONVOLUTION)
    columns = {name: kinds.index(name) for name in _SPELLINGS if name in kinds}
    standard = {name: index for index, name in enumerate(order)}
    once = all(kinds.count(name) == 1 for name in order)
    if once and any(columns[name] != index for name, index in standard.items()):
        notes.add("columns are read by the names in the header, which are not in SCALE-Sim's order")
        return form, columns
    right = [
        name for name, index in standard.items() if index < len(kinds) and kinds[index] == name
    ]
    # a column named twice is in another's place, but where one of the two is right the other is a
    # slip of the pen
    astray = [name for name in order if name in columns and name not in right]
    if astray or len(right) < 2 or (form == "gemm" and len(cells) < len(GEMM)):
        missing = next(name for name in order if name not in right)
        raise InputError(
            f"the header lacks the column '{missing}'",
            where=where,
            got=", ".join(cells)[:120],
            allowed=_ALLOWED,
        )
    slips = [
        cells[index] or "(empty)"
        for name, index in standard.items()
        if index >= 1 and name not in right and index < len(cells)
    ]
    if slips:
        text = (
            "columns are read by position, as SCALE-Sim does, where the header names them otherwise"
        )
        notes.add(text, ", ".join(map(_printable, slips)))
    further = {
        name: index
        for name, index in columns.items()
        if index >= len(order) and name not in standard
    }
    return form, standard | further


def _kind(cell: str) -> str | None:
    key = re.sub(r"[^a-z0-9]", "", cell.lower())
    return next(
        (name for name, pattern in _SPELLINGS.items() if key and re.fullmatch(pattern, key)), None
    )


def _is_gemm(kinds: list[str | None]) -> bool:
    """Two of the names m, n and k, and none that only a convolution has."""
    return len({"m", "n", "k"} & set(kinds)) > 1 and not set(kinds) & set(CONVOLUTION[1:])


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text[:40])


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
