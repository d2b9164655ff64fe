"""Which lines of a layer table multiply two activations (QK^T and AV of an attention): they have no
weights to keep on an array.

SCALE-Sim needs no difference, so its files make none: only the names of the layers tell, and the
user may.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from hwlib.errors import InputError, unknown
from workloads.network import Layer
from workloads.tables.topology import Notes, named

# Between words of a name stands one underscore. `qk`, `q_x_kt`, `matmul_qk`; with `v` behind the
# transposed k, the second product.
_BORDER = r"(?:^|_|matmul|bmm)"
_END = r"\d*(?=_|$)"
_SCORES = rf"{_BORDER}q_?x?_?k(?:_?t(?:rans(?:posed?)?)?(?:_?x?_?v)?{_END}|{_END}(?!_v))"
_SOFTMAX = r"(?:softmax|sfmx|smax|scores?|probs?)"
# attn_v alone is a name of the projection that makes V
_VALUES = rf"(?:^|_)(?:[aps]_?x?_?v|{_SOFTMAX}_?x?_?v|(?:attn?|attention)_?x_?v){_END}"
_MATMUL = rf"(?:matmul|bmm)_?(?:v|av|pv|sv|scores?|context){_END}"
_WORDS = rf"(?:att|attn|attention|mha)_(?:scores?|logits?|context){_END}"
_PRODUCT = re.compile("|".join((_SCORES, _VALUES, _MATMUL, _WORDS)))
# A projection has weights, whatever else its name says.
_PROJECTION = re.compile(
    r"proj|linear|dense|weight|embed|map|(?:^|_)(?:fc|w[qkvo]?|qkv|vkq|kqv|mlp|ffn?)(?=_|\d|$)"
)
_LARGEST_HEAD = 256


def is_product(name: str) -> bool:
    """True where a layer's name says that it multiplies two activations."""
    # attnScores: the one kind of border that has no sign
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)
    text = re.sub(r"[^a-z0-9]+", "_", text.lower()).replace("mat_mul", "matmul")
    return bool(_PRODUCT.search(text)) and not _PROJECTION.search(text)


def choose_products(names: Sequence[str], wanted: object, where: str) -> set[str]:
    """Names of the layers that multiply activations. `wanted`: "auto" or None (by their names),
    "none", or names (text with commas, list).

    Raises InputError for a name that the file does not have.
    """
    if wanted is None or wanted == "auto":
        return {name for name in names if is_product(name)}
    if wanted == "none":
        return set()
    items = wanted.split(",") if isinstance(wanted, str) else wanted
    if not isinstance(items, (list, tuple, set, frozenset)) or not all(
        isinstance(item, str) for item in items
    ):
        raise InputError(
            "names of layers are needed",
            where="products",
            got=wanted,
            allowed="auto, none or names of layers",
        )
    chosen = {item.strip() for item in items} - {""}
    for item in sorted(chosen):
        if item not in names:
            raise unknown("layer", item, names, f"{where}: products")
    return chosen


def as_product(layer: Layer) -> Layer:
    """A layer with a matrix as the product (vectors x rows) by (rows x columns) of two activations."""
    shape = layer.matrix
    if shape.groups > 1:
        raise InputError(
            "a convolution in groups is no product of two activations",
            where=f"layer '{layer.name}'",
        )
    shapes = (shape.vectors, shape.rows), (shape.rows, shape.columns)
    return Layer(layer.name, "matmul", (), shapes, (shape.vectors, shape.columns))


def note_products(layers: Sequence[Layer], wanted: object, notes: Notes) -> None:
    """Say which layers have no weights, or that some look as if they had none."""
    products = [layer for layer in layers if layer.operator == "matmul"]
    if products:
        work = sum(layer.output_elements * layer.input_shapes[0][1] for layer in products)
        told = (
            ""
            if wanted not in (None, "auto")
            else " by their names; --product none or NAME,NAME overrules"
        )
        text = (
            f"products of two activations{told}: no weights, {work:,} multiply-accumulates on the "
            f"vector unit{named(layer.name for layer in products)}"
        )
        notes.add(text)
        if told:
            notes.overrule(text, ", ".join(layer.name for layer in products), "--product")
    elif wanted in (None, "auto") and (pair := _attention_like(layers)):
        text = (
            f"{pair[0]} and {pair[1]} have the shapes of an attention's two products, but not "
            "their names: read as weights; "
            f"--product {pair[0]},{pair[1]} reads them as products of activations"
        )
        notes.add(text)
        notes.overrule(text, "none", "--product")


def _attention_like(layers: Sequence[Layer]) -> tuple[str, str] | None:
    """Two layers (t x d)(d x h t) and (t x h t)(h t x d), one behind the other, d as small as a
    head's width.
    """
    for first, second in zip(layers, layers[1:]):
        one, two = first.matrix, second.matrix
        back = (two.rows, two.columns) == (one.columns, one.rows) and one.vectors == two.vectors
        if (
            back
            and one.groups == two.groups == 1
            and one.rows <= _LARGEST_HEAD
            and one.vectors > 1
            # Several heads side by side have as many times the tokens as columns.
            and one.columns % one.vectors == 0
        ):
            return first.name, second.name
    return None
