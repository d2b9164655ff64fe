"""What an operator asks of a layer: settings, constants and operands in their order; and tables of
work, with their sum.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from archsim.operators.numbers import np
from hwlib.errors import InputError

if TYPE_CHECKING:
    # For types only: a layer asks its operator, which looks at the layer's sizes.
    from workloads.network import Layer

Work = dict[str, float]
Tensors = Mapping[str, "np.ndarray"]
Operand = TypeVar("Operand")


def constant(layer: Layer, role: str, constants: Tensors) -> np.ndarray:
    """The value of a role. Raises InputError where there is none."""
    if role not in constants:
        raise InputError(
            "a constant of this layer has no values",
            where=layer.name,
            got=role,
            hint=f"give it in the data as '{layer.name}.{role}'",
        )
    return constants[role]


def number_of(layer: Layer, name: str, default: float) -> float:
    """A setting that is one number."""
    value = layer.setting(name, default)
    if not isinstance(value, int | float):
        raise InputError("a setting must be a number", where=f"{layer.name}.{name}", got=value)
    return value


def is_trained(layer: Layer) -> bool:
    """Whether the constants of a layer are words that a training moves."""
    return layer.setting("trained") is not None


def words_shape(layer: Layer) -> tuple[int, ...]:
    """The shape of the one constant of a join that is trained."""
    shape = layer.setting("trained", ())
    assert isinstance(shape, tuple)  # who asks for it knows that it is trained
    return shape


def count_of(layer: Layer, name: str, default: int = 0) -> int:
    """A setting that is a whole number."""
    return int(number_of(layer, name, default))


def axes_of(layer: Layer, default: tuple[int, ...]) -> tuple[int, ...]:
    """The setting `axes`."""
    value = layer.setting("axes", default)
    if not isinstance(value, tuple):
        raise InputError("axes must be whole numbers", where=f"{layer.name}.axes", got=value)
    return value


def operands(
    layer: Layer, inputs: Sequence[np.ndarray], constants: Tensors, kind: str
) -> list[np.ndarray]:
    """Activations and constants in their order."""
    return in_their_order(layer, inputs, kind, lambda role: constant(layer, role, constants))


def in_their_order(
    layer: Layer, inputs: Sequence[Operand], kind: str, own: Callable[[str], Operand]
) -> list[Operand]:
    """What stands for the inputs of a layer and for its constants, as the operator takes them.

    Args:
        layer: whose operands they are.
        inputs: what stands for its inputs.
        kind: how roles of its constants begin.
        own: what stands for the constant of a role.
    """
    # Roles are `operand0`, `part2`, ...: the place that the constant has among all operands.
    held = {int(role.removeprefix(kind)): own(role) for role in layer.roles}
    rest = iter(inputs)
    return [held[item] if item in held else next(rest) for item in range(len(inputs) + len(held))]


def cannot_carry(layer: Layer) -> InputError:
    """The fault of a layer through which no real data go."""
    return InputError(
        f"the operator '{layer.computes}' cannot carry real data",
        where=layer.name,
        hint="run without --data: counts and timing need no values",
    )


def merge(*parts: Work, scale: float = 1.0) -> Work:
    """The sum of several work tables, times `scale`."""
    result: Work = {}
    for part in parts:
        for action, count in part.items():
            # Actions that are not asked for have no entry: a table of zeros would ask for the unit.
            if count:
                result[action] = result.get(action, 0.0) + count * scale
    return result
