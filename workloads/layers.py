"""The layer that a table of a network file with known input shapes describes."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from archsim.operators.shapes import Shape
from archsim.operators.vocabulary import FUNCTIONS, OPERATORS, named, operator_of
from archsim.readers.table import Table, check_size
from hwlib.errors import InputError, nearest
from workloads.network import Layer

FIELDS: dict[str, tuple[str, ...]] = {name: FUNCTIONS[name].fields for name in OPERATORS}
"""Fields of each operator besides name, operator and inputs."""
LARGEST_WORK = 2**53
"""Multiply-accumulates of a layer; up to here a floating-point number counts every single one."""


def infer_layer(
    table: Table, operator: str, inputs: tuple[str, ...], shapes: tuple[Shape, ...]
) -> Layer:
    """The layer of one table. `shapes` are the output shapes of `inputs`. Raises InputError with
    the field path.
    """
    where = table.where
    name = table.text("name")
    kind = named(operator, f"{where}.operator")
    # Before the shapes, whose inference takes as many as the operator has.
    if kind.inputs is not None and len(inputs) != kind.inputs:
        raise InputError(
            f"{operator} takes {kind.inputs} inputs", where=f"{where}.inputs", got=inputs
        )
    output = kind.infer(table, shapes)
    # A kernel larger than its image gives a length below one.
    check_size(output.shape, where, "output shape")
    layer = Layer(name, operator, inputs, shapes, output.shape, **output.fields)
    check_work(layer, where)
    return layer


def share_weights(layer: Layer, table: Table, layers: Mapping[str, Layer]) -> Layer:
    """The layer as it reads the matrix of another that its table names in `shares`. Raises
    InputError where that does not fit.
    """
    # `transposed` alone has no meaning, and it would be dropped in silence.
    if "shares" not in table.values:
        if table.values.get("transposed"):
            raise InputError(
                "only a matrix of another layer is read transposed",
                where=f"{table.where}.transposed",
                got=True,
                hint="name that layer in 'shares'",
            )
        return layer
    where = f"{table.where}.shares"
    name = table.text("shares")
    # One that shares itself owns nothing, so that no chain has to be followed later.
    owners = {item.name: item for item in layers.values() if item.on_array and not item.shares}
    if name not in owners:
        raise InputError(
            "an earlier layer with weights of its own is needed",
            where=where,
            got=name,
            allowed=sorted(owners) or "none yet",
            hint=nearest(name, owners),
        )
    transposed = table.flag("transposed")
    own, other = layer.matrix, owners[name].matrix
    # The input of a matrix that is read backwards goes to its columns.
    wanted = (other.columns, other.rows) if transposed else (other.rows, other.columns)
    # The matrix of a recurrent cell has its state's rows below those of the input, which no other
    # operator feeds.
    alike = operator_of(layer).sequential == operator_of(owners[name]).sequential
    if (own.rows, own.columns, own.groups) != (*wanted, other.groups) or not alike:
        raise InputError(
            "the matrices do not fit",
            where=where,
            got=f"{own.groups} of {own.rows} x {own.columns}",
            allowed=f"{other.groups} of {wanted[0]} x {wanted[1]}, as '{name}' has it",
        )
    # A bias is a row of the crossbar: it is there for all who read it forwards, or for none.
    if layer.bias and (transposed or not owners[name].bias):
        raise InputError(
            "the bias is on the array with the shared weights",
            where=f"{table.where}.bias",
            got=True,
            hint=f"'{name}' needs the bias too, and no transposed reading has one; an add layer "
            "behind it does the same",
        )
    return dataclasses.replace(layer, shares=name, transposed=transposed)


def check_work(layer: Layer, where: str) -> None:
    """Raise InputError where a layer has more than 2^53 multiply-accumulates: a mistake in its file."""
    work = layer.matrix.multiply_accumulates if layer.on_array else 0
    # Products of two activations (attention) count as well, though no array makes them.
    work += sum(item.multiply_adds for item in operator_of(layer).products(layer))
    if work > LARGEST_WORK:
        raise InputError(
            "the layer has too many multiply-accumulates",
            where=where,
            got=work,
            allowed="at most 2^53",
        )
