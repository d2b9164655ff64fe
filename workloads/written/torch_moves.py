"""Elements that only move, as functions of PyTorch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archsim.operators.arguments import axes_of, count_of, in_their_order, number_of
from archsim.operators.free.dropout import rate_of
from archsim.operators.free.embedding import is_whole
from archsim.operators.moves import Moves, by_own_settings
from archsim.operators.vector.causal_mask import mask_of
from archsim.operators.vocabulary import FUNCTIONS
from workloads.network import Layer
from workloads.written.torch_parts import Held, Part, fixed_tensors, parameter


def _moved(make: Part) -> Part:
    """As `make` does it, where the settings are those of a network of our own; what an import told
    element by element as a choice of single elements.
    """

    def either(torch: Any, layer: Layer, held: Held) -> Any:
        if by_own_settings(layer):
            return make(torch, layer, held)
        kind = FUNCTIONS[layer.computes]
        assert isinstance(kind, Moves)  # the caller's table holds no other
        numbers = torch.tensor(kind.origins(layer, held)).long()
        filled = numbers < 0
        fill = float(held.get("fill", number_of(layer, "fill", 0.0)))

        def chosen(x: Any) -> Any:
            # Clamped, as -1 would take the last element; what it stands for is filled below.
            taken = x.reshape(len(x), -1)[:, numbers.clamp(min=0)]
            return taken.masked_fill(filled, fill).reshape(len(x), *layer.output_shape)

        return chosen

    return either


def _reshape(torch: Any, layer: Layer, held: Held) -> Any:
    return lambda x: x.reshape(len(x), *layer.output_shape)


def _same(torch: Any, layer: Layer, held: Held) -> Any:
    return lambda x: x


def _concat(torch: Any, layer: Layer, held: Held) -> Any:
    axis = count_of(layer, "axis") + 1
    fixed = fixed_tensors(torch, layer, held)

    def joined(*operands: Any) -> Any:
        def own(role: str) -> Any:
            return fixed[role].expand(len(operands[0]), *fixed[role].shape)

        return torch.cat(in_their_order(layer, operands, "part", own), axis)

    return joined


def _embedding(torch: Any, layer: Layer, held: Held) -> Any:
    if is_whole(layer):  # no parameter
        (table,) = fixed_tensors(torch, layer, held).values()
        return lambda x: table.to(x.device)[x.long()].reshape(len(x), *layer.output_shape)

    class Rows(torch.nn.Embedding):  # type: ignore[misc]  # the package has no types here
        """Rows of a table by numbers of any type."""

        def forward(self, x: Any) -> Any:
            return super().forward(x.long()).reshape(len(x), *layer.output_shape)

    part = Rows(*held["table"].shape)
    part.weight = parameter(torch, held["table"])
    return part


def _one_hot(torch: Any, layer: Layer, held: Held) -> Any:
    rows = torch.eye(layer.output_shape[-1])
    return lambda x: rows.to(x.device)[x.long()]


def _transpose(torch: Any, layer: Layer, held: Held) -> Any:
    axes = (0, *(axis + 1 for axis in axes_of(layer, ())))
    return lambda x: x.permute(axes)


def _slice(torch: Any, layer: Layer, held: Held) -> Any:
    span = slice(count_of(layer, "start"), count_of(layer, "stop"), count_of(layer, "step", 1))
    taken = (*(slice(None),) * (count_of(layer, "axis") + 1), span)
    return lambda x: x[taken]


def _pad(torch: Any, layer: Layer, held: Held) -> Any:
    top, left, bottom, right = layer.padding
    fill = number_of(layer, "fill", 0.0)
    return torch.nn.ConstantPad2d((left, right, top, bottom), fill)


def _tile(torch: Any, layer: Layer, held: Held) -> Any:
    pairs = zip(layer.output_shape, layer.input_shapes[0])
    repeats = (1, *(after // before for after, before in pairs))
    return lambda x: x.repeat(repeats)


def _upsample(torch: Any, layer: Layer, held: Held) -> Any:
    return torch.nn.Upsample(layer.output_shape[1:], mode="nearest")


def _causal_mask(torch: Any, layer: Layer, held: Held) -> Any:
    mask = torch.tensor(mask_of(layer))
    return lambda x: x + mask


PARTS: Mapping[str, Part] = {
    "flatten": _reshape,
    "reshape": _reshape,
    "identity": _same,
    "dropout": lambda torch, layer, held: torch.nn.Dropout(rate_of(layer)),
    "concat": _concat,
    "embedding": _embedding,
    "one_hot": _one_hot,
    "transpose": _moved(_transpose),
    "slice": _moved(_slice),
    "pad": _moved(_pad),
    "tile": _moved(_tile),
    "upsample": _moved(_upsample),
    "causal_mask": _causal_mask,
}
