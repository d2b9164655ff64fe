"""What an operator asks of a layer: settings, constants and operands in their order; and tables of
work, with their sum.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from archsim.operators.numbers import np
from hwlib.errors import InputError

if TYPE_CHECKING:
    # For types only: a layer asks its operator, which looks at the layer's sizes.
    from workloads.network import Layer

Work = dict[str, float]
Tensors = Mapping[str, "np.ndarray"]


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
    """Activations and constants in their order: a constant's role ends with its place."""
    # Roles are `operand0`, `part2`, ...: the place that the constant has among all operands.
    held = {int(role[len(kind) :]): constant(layer, role, constants) for role in layer.roles}
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
