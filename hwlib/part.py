"""A part: area, leakage, energy and latency per action, as laws over declared parameters and
sourced figures.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import ClassVar

from hwlib.errors import InputError, is_finite, nearest, unknown
from hwlib.quantity import Quantity, zero
from hwlib.scaling import SCALING_CLASSES, scale


@dataclass(frozen=True, slots=True)
class Parameter:
    """A declared parameter of a part: its default, its range (numbers) or its choices (words), and
    its unit.

    `monotone` is True where a larger value may never make area or energy smaller (more bits never
    cheaper).
    """

    name: str
    default: float | int | str
    low: float | None = None
    high: float | None = None
    unit: str = "1"
    choices: tuple[str, ...] = ()
    integer: bool = False
    monotone: bool = False
    note: str = ""

    def check(self, value: object, where: str) -> float | int | str:
        """The value, if it is allowed. Raises InputError otherwise."""
        if self.choices:
            if value not in self.choices:
                raise InputError(
                    "not an allowed choice",
                    where=where,
                    got=value,
                    allowed=self.choices,
                    hint=nearest(value, self.choices),
                )
            return value
        if not is_finite(value):
            raise InputError(
                "not a finite number",
                where=where,
                got=value,
                allowed=f"{self.low:g} to {self.high:g} {self.unit}",
            )
        if self.integer and value != int(value):
            raise InputError(
                "not a whole number",
                where=where,
                got=value,
                allowed=f"{self.low:g} to {self.high:g} {self.unit}",
            )
        if not self.low <= value <= self.high:
            raise InputError(
                "out of the declared range",
                where=where,
                got=value,
                allowed=f"{self.low:g} to {self.high:g} {self.unit}",
            )
        return int(value) if self.integer else float(value)


class Part:
    """Base of all parts. A subclass sets the class variables and writes the laws at its native
    node.

    Laws: `area()` in um2, `leakage()` in W, `energy(action)` in J, `latency(action)` in s; each
    returns a Quantity whose inputs are figures, so that every number can be walked back to its
    source.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    group: ClassVar[str]
    parameters: ClassVar[tuple[Parameter, ...]] = ()
    actions: ClassVar[dict[str, str]] = {}
    scaling: ClassVar[str] = "logic"
    native_node_nm: ClassVar[float] = 40.0

    def __init__(self, **values: object):
        for key in values:
            self.parameter(key)
        known = {p.name: p for p in self.parameters}
        self.values = {
            n: p.check(values.get(n, p.default), f"{self.name}.{n}") for n, p in known.items()
        }

    def __getattr__(self, key: str):
        # Declared parameters read like attributes in the laws: self.bits
        try:
            return self.__dict__["values"][key]
        except KeyError:
            raise AttributeError(key) from None

    @classmethod
    def parameter(cls, name: str) -> Parameter:
        """The declared parameter of that name. Raises InputError with the nearest one."""
        known = {parameter.name: parameter for parameter in cls.parameters}
        if name not in known:
            raise unknown(f"parameter of part '{cls.name}'", name, known)
        return known[name]

    def area(self) -> Quantity:
        raise NotImplementedError

    def leakage(self) -> Quantity:
        raise NotImplementedError

    def energy(self, action: str) -> Quantity:
        raise NotImplementedError

    def latency(self, action: str) -> Quantity:
        return zero("s", "no latency of its own: set by the architecture's cycles")


PARTS: dict[str, type[Part]] = {}


def register(cls: type[Part]) -> type[Part]:
    """Class decorator: enter a part in the library, refusing a second one of the same name."""
    if cls.name in PARTS:
        raise ValueError(f"part '{cls.name}' is registered twice")
    if cls.scaling not in SCALING_CLASSES:
        raise ValueError(f"part '{cls.name}': unknown scaling class '{cls.scaling}'")
    PARTS[cls.name] = cls
    return cls


@dataclass(frozen=True)
class Price:
    """A part priced at one node: area (um2), leakage (W), energy (J) and latency (s) by action."""

    part: str
    parameters: dict[str, object]
    node_nm: float
    area: Quantity
    leakage: Quantity
    energy: dict[str, Quantity] = field(default_factory=dict)
    latency: dict[str, Quantity] = field(default_factory=dict)


def find_part(name: str) -> type[Part]:
    """The part class of that name. Raises InputError with the nearest name."""
    if name not in PARTS:
        raise unknown("component", name, PARTS)
    return PARTS[name]


def price(name: str, parameters: dict[str, object] | None = None, node_nm: float = 40.0) -> Price:
    """Price a part: its laws at its native node, then scaled to `node_nm` by its scaling class."""
    # Checked before the cache, whose keys take True for 1 and no lists.
    values = find_part(name)(**(parameters or {})).values
    return _price(name, tuple(sorted(values.items())), float(node_nm))


@functools.lru_cache(maxsize=4096)
def _price(name: str, items: tuple, node_nm: float) -> Price:
    part = find_part(name)(**dict(items))

    def at_node(quantity: Quantity, what: str) -> Quantity:
        return scale(quantity, what, part.native_node_nm, node_nm, part.scaling)

    energy = {a: at_node(part.energy(a), "energy") for a in part.actions}
    latency = {a: at_node(part.latency(a), "delay") for a in part.actions}
    return Price(
        name,
        dict(part.values),
        node_nm,
        at_node(part.area(), "area"),
        at_node(part.leakage(), "leakage"),
        energy,
        latency,
    )
