"""Keys or values of an attention that are kept for later tokens."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from archsim.operators.arguments import count_of
from archsim.operators.base import Fields, operator
from archsim.operators.moves import Passes
from archsim.operators.sizes import Output

if TYPE_CHECKING:
    # For types only: a layer asks its operator, which looks at the layer's sizes.
    from archsim.operators.shapes import Shape
    from archsim.readers.table import Table
    from workloads.network import Layer


@operator("kv_cache")
class KvCache(Passes):
    """What it is given, behind what earlier tokens left: `held` positions along `axis`.

    A network whose file says `held = 0` reads all tokens at once; decoding is the same network with
    one token behind as many as are held.
    """

    fields = ("axis", "held")
    renames = True
    meanings = {
        "held": "of `kv_cache`: positions of earlier tokens that it holds (0); decoding sets it"
    }

    def infer(self, table: Table, shapes: tuple[Shape, ...]) -> Output:
        shape = shapes[0]
        axis = table.axis("axis", len(shape), 0)
        held = table.integer("held", 0, lowest=0)
        longer = (*shape[:axis], shape[axis] + held, *shape[axis + 1 :])
        settings = (("axis", axis), *((("held", held),) if held else ()))
        return Output(longer, {"settings": settings})

    def for_one_token(self, values: Fields, tokens: int, held: int) -> Fields:
        return {**values, "held": held}

    def kept(self, layer: Layer) -> int:
        return layer.output_elements

    def recalled(self, layer: Layer) -> int:
        # What this token adds comes from its layer, not from the cache.
        return layer.output_elements - math.prod(layer.input_shapes[0])

    def carries(self, layer: Layer) -> bool:
        return not count_of(layer, "held")  # nobody says what earlier tokens left
