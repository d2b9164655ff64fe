"""All operators, found by themselves: every module of the folders `array`, `vector` and `free`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, TypeVar

from archsim.operators import array, free, vector
from archsim.operators.base import (
    ARRAY,
    FREE,
    VECTOR,
    AnyKernel,
    ArrayKernel,
    Kernel,
    LayerKernel,
    Operator,
    RecurrentKernel,
    known,
)
from hwlib.errors import unknown

if TYPE_CHECKING:
    # For types only: a layer asks its operator, which looks at the layer's sizes.
    from workloads.network import Layer

for _folder in (array, vector, free):
    for _module in pkgutil.iter_modules(_folder.__path__):
        importlib.import_module(f"{_folder.__name__}.{_module.name}")

Named = TypeVar("Named", Kernel, ArrayKernel, RecurrentKernel, LayerKernel)
FUNCTIONS: Mapping[str, Operator] = known()
"""Every operator by name, those too that are only counted as another."""
OPERATORS = tuple(name for name, item in FUNCTIONS.items() if not item.counted_as)
"""The words of a network file."""
ARRAY_OPERATORS = tuple(name for name in OPERATORS if FUNCTIONS[name].kind == ARRAY)
VECTOR_OPERATORS = tuple(name for name in OPERATORS if FUNCTIONS[name].kind == VECTOR)
FREE_OPERATORS = tuple(name for name in OPERATORS if FUNCTIONS[name].kind == FREE)


def named(name: str, where: str) -> Operator:
    """The operator of that name in a network file.

    Raises:
        InputError: with the nearest name.
    """
    if name not in OPERATORS:
        raise unknown("operator", name, OPERATORS, where)
    return FUNCTIONS[name]


def operator_of(layer: Layer) -> Operator:
    """What a layer costs and how it is placed. Raises InputError with the nearest name."""
    return named(layer.operator, f"layer '{layer.name}'")


def function_of(layer: Layer) -> Operator:
    """What a layer computes. Raises InputError with the nearest name."""
    if layer.computes not in FUNCTIONS:
        raise unknown("operator", layer.computes, FUNCTIONS, f"layer '{layer.name}'")
    return FUNCTIONS[layer.computes]


def digital_kernels() -> tuple[Kernel, ...]:
    """Training kernels of layers without weights, each once, in the order of their names."""
    return tuple(_by_name(item for item in _held() if isinstance(item, Kernel)))


def array_kernels() -> tuple[ArrayKernel, ...]:
    """Training kernels of layers on arrays, each once, in the order of their names."""
    return tuple(_by_name(item for item in _held() if isinstance(item, ArrayKernel)))


def recurrent_kernels() -> tuple[RecurrentKernel, ...]:
    """Training kernels of recurrent layers, each once, in the order of their names."""
    return tuple(_by_name(item for item in _held() if isinstance(item, RecurrentKernel)))


def layer_kernels() -> tuple[LayerKernel, ...]:
    """Training kernels with a second operand or words of their own, each once, in the order of
    their names.
    """
    return tuple(_by_name(item for item in _held() if isinstance(item, LayerKernel)))


def _held() -> Iterable[AnyKernel]:
    return (kernel for item in FUNCTIONS.values() for kernel in item.kernels)


def _by_name(kernels: Iterable[Named]) -> list[Named]:
    """Each once: several operators may have the same."""
    return [kernel for _, kernel in sorted({item.name: item for item in kernels}.items())]
