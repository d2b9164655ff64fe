"""The header line of a SCALE-Sim topology file: which column is what, in the spellings that people use."""

from __future__ import annotations

import re

from hwlib.errors import InputError

_CONVOLUTION = ("name", "ifmap height", "ifmap width", "filter height", "filter width", "channels", "num filter", "strides")
_GEMM = ("name", "m", "n", "k")
_ALLOWED = f"'{', '.join(_CONVOLUTION)}' or 'name, m, n, k'"
_SPELLINGS = {
    "name": r"layers?|layers?names?|names?|layerid",
    "ifmap height": r"(ifmap|ifm|input|in|image|featuremap|fmap)(map|feature|featuremap)?(height|h|rows?)|ih",
    "ifmap width": r"(ifmap|ifm|input|in|image|featuremap|fmap)(map|feature|featuremap)?(width|w|cols?|columns?)|iw",
    "filter height": r"(filter|filt|kernel|weight|f|k|r)(height|h|rows?)|r",
    "filter width": r"(filter|filt|kernel|weight|f|k|s)(width|w|cols?|columns?)|s",
    "channels": r"(num|number|no|input|in|ifmap)?(of)?(channels?|ch|inchannels?)|c",
    "num filter": r"(num|number|no|n)?(of)?(filters?|filt|kernels?|outputchannels?|outchannels?)|ofmapchannels?",
    "strides": r"strides?|strides?(height|h|y|rows?)|(vertical|row)strides?",
    "stride width": r"strides?(width|w|x|cols?|columns?)|(horizontal|column)strides?",
    "padding": r"padding|pads?|paddings",
    "batch": r"batch(size)?|batches",
    "sparsity": r"sparsity(ratio|support)?|sparse(ratio)?|nm",
    "m": r"m", "n": r"n", "k": r"k",
}


def read_header(cells: list[str], where: str) -> tuple[str, dict[str, int]]:
    """(form, column positions) of a header line; form is `convolution` or `gemm`. Raises InputError.

    SCALE-Sim itself ignores the header and goes by position, so unknown spellings are read in its standard order as long as no
    known one contradicts it.
    """
    known = {}
    for index, cell in enumerate(cells):
        key = re.sub(r"[^a-z0-9]", "", cell.lower())
        kind = next((name for name, pattern in _SPELLINGS.items() if key and re.fullmatch(pattern, key)), None)
        if kind is not None:
            known.setdefault(kind, index)
    if len(cells) > 3 and all(_is_number(cell) for cell in cells[1:4]):
        raise InputError("has no header line", where=where, got=", ".join(cells)[:120], allowed=_ALLOWED)
    form, order = ("gemm", _GEMM) if {"m", "n", "k"} <= known.keys() else ("convolution", _CONVOLUTION)
    missing = [name for name in order if name not in known]
    if missing:
        fits = len(cells) >= len(order) and all(known.get(name, index) == index for index, name in enumerate(order))
        free = all(index >= len(cells) or index not in known.values() for index, name in enumerate(order) if name in missing)
        named = len(order) - len(missing) >= 2
        if not (fits and free and named):
            raise InputError(f"the header lacks the column '{missing[0]}'", where=where, got=", ".join(cells)[:120], allowed=_ALLOWED)
        known |= {name: index for index, name in enumerate(order) if name in missing}
    return form, known


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
