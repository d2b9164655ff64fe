"""A part: area, leakage, energy and latency per action, as laws over declared parameters and
sourced figures.
"""

from __future__ import annotations

from typing import ClassVar

from hwlib.conditions import CONDITIONS, conditions_of, under
from hwlib.errors import unknown
from hwlib.parameter import Parameter as Parameter
from hwlib.quantity import Quantity, zero
from hwlib.scaling import SCALING_CLASSES, scale

BY_PIECES = "by_pieces"
"""Scaling of a part whose pieces each have a class of their own (hwlib.pieces)."""


class Part:
    """Base of all parts: a subclass declares what it is and writes its laws at its native node.

    Every parameter is an attribute of the instance; a subclass annotates those that its laws read
    (`bits: int`), so that a type checker knows them.

    Args:
        values: parameters by name; what is not given takes its default. Every part takes those of
            `hwlib.conditions` beside its own.

    Raises:
        InputError: for an unknown parameter, with the nearest name, and for a value out of range.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    group: ClassVar[str]
    parameters: ClassVar[tuple[Parameter, ...]] = ()
    actions: ClassVar[dict[str, str]] = {}
    native_node_nm: ClassVar[float] = 40.0
    # of a cell: bits that it holds exactly; None for analogue ones and for what is no cell
    holds_bits: ClassVar[int | None] = None
    # its energies hold a clock already: the chip's tree does not charge it again
    holds_clock: ClassVar[bool] = False
    # the action in which its flip-flops take a value; without a word, all the time that it works
    enabled_by: ClassVar[str] = ""
    # not a ClassVar: a cell of stated pitch leaves the class of its kind
    scaling: str = "logic"

    def __init__(self, **values: object):
        for key in values:
            self.parameter(key)
        self.conditions = conditions_of(values, self.name)
        self.values: dict[str, float | int | str] = {}
        for parameter in self.parameters:
            given = values.get(parameter.name, parameter.default)
            checked = parameter.check(given, f"{self.name}.{parameter.name}")
            self.values[parameter.name] = checked
            # An attribute each, so that a law reads like its formula; `register` refuses names that
            # would hide one of Part.
            setattr(self, parameter.name, checked)
        for parameter in CONDITIONS:
            if parameter.name in values:
                # Only where given: a part without conditions keeps the parameters, and the stored
                # rows, of before there were any.
                self.values[parameter.name] = getattr(self.conditions, parameter.name)

    @classmethod
    def parameter(cls, name: str) -> Parameter:
        """A declared parameter.

        Args:
            name: as the part declares it.

        Returns:
            the `Parameter`: its default and range.

        Raises:
            InputError: where there is none, with the nearest name.
        """
        for parameter in cls.parameters:
            if parameter.name == name:
                return parameter
        for parameter in CONDITIONS:
            if parameter.name == name:
                return parameter
        known = [parameter.name for parameter in (*cls.parameters, *CONDITIONS)]
        raise unknown(f"parameter of part '{cls.name}'", name, known)

    def area(self) -> Quantity:
        """Silicon area in um2."""
        raise NotImplementedError

    def leakage(self) -> Quantity:
        """Power in W while it does nothing."""
        raise NotImplementedError

    def energy(self, action: str) -> Quantity:
        """Energy of one action, without leakage.

        Args:
            action: one of the part's `actions`.

        Returns:
            J, at the part's own node.
        """
        raise NotImplementedError

    def latency(self, action: str) -> Quantity:
        """Time of one action.

        Args:
            action: one of the part's `actions`.

        Returns:
            s, at the part's own node.
        """
        return zero("s", "no latency of its own: set by the architecture's cycles")

    def area_at(self, node_nm: float) -> Quantity:
        """Silicon area at a node, by the part's scaling class.

        Args:
            node_nm: the node in nm.

        Returns:
            um2.

        Raises:
            InputError: for a node outside the range of the law.
        """
        return self._scaled(self.area(), "area", node_nm)

    def leakage_at(self, node_nm: float) -> Quantity:
        """Power while it does nothing, at a node.

        Args:
            node_nm: the node in nm.

        Returns:
            W.
        """
        return self._scaled(self.leakage(), "leakage", node_nm)

    def energy_at(self, action: str, node_nm: float) -> Quantity:
        """Energy of one action at a node.

        Args:
            action: what it does, one of `actions`.
            node_nm: the node in nm.

        Returns:
            J.
        """
        return self._scaled(self.energy(action), "energy", node_nm)

    def latency_at(self, action: str, node_nm: float) -> Quantity:
        """Time of one action at a node.

        Args:
            action: what it does, one of `actions`.
            node_nm: the node in nm.

        Returns:
            s.
        """
        return self._scaled(self.latency(action), "delay", node_nm)

    def _scaled(self, quantity: Quantity, what: str, node_nm: float) -> Quantity:
        """At a node, under the part's conditions."""
        # The node first: the law of a supply is the node's own.
        at_node = self._at_node(quantity, what, node_nm)
        return under(at_node, what, self.scaling, node_nm, self.conditions)

    def _at_node(self, quantity: Quantity, what: str, node_nm: float) -> Quantity:
        """At a node, under the conditions of all figures."""
        return scale(quantity, what, self.native_node_nm, node_nm, self.scaling)


PARTS: dict[str, type[Part]] = {}
"""The parts that are registered so far; `pricing.all_parts` gives all of them."""


def register(cls: type[Part]) -> type[Part]:
    """Class decorator: enter a part in the library.

    Args:
        cls: the class of the part.

    Returns:
        the same class.

    Raises:
        ValueError: for a second part of the same name.
    """
    if cls.name in PARTS:
        raise ValueError(f"part '{cls.name}' is registered twice")
    # `values` is set in __init__, where dir() cannot see it.
    taken = {*dir(Part), *Part.__annotations__, "values"}
    for parameter in cls.parameters:
        if parameter.name in taken:
            raise ValueError(
                f"part '{cls.name}': parameter '{parameter.name}' hides a name of Part"
            )
    if cls.scaling not in (*SCALING_CLASSES, BY_PIECES):
        raise ValueError(f"part '{cls.name}': unknown scaling class '{cls.scaling}'")
    PARTS[cls.name] = cls
    return cls
