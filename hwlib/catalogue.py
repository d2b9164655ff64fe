"""The whole library as plain records: what a reference page, a table or a search goes through."""

from __future__ import annotations

import inspect
import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hwlib.bibliography import Source, load_bibliography
from hwlib.figures import load_figures
from hwlib.part import Parameter, Part
from hwlib.pricing import all_parts
from hwlib.quantity import Figure

# Below it the walk through a parameter's range takes every whole number, above it every octave.
_SINGLE_STEPS = 32.0
# A range that begins at zero is entered here.
_FIRST_STEP = 1 / 16


@dataclass(frozen=True, slots=True)
class PartEntry:
    """What the library says of one part.

    Args:
        name: name of the part in chip files and in `price`.
        title: name for people.
        group: family it is listed under (array, digital, memory, ...).
        description: docstring of the part: its law, what it counts and leaves out.
        module: module that holds the law.
        scaling: scaling class between nodes, one of `hwlib.scaling.SCALING_CLASSES`.
        native_node_nm: node in nm at which its figures stand.
        parameters: declared parameters with default, range or choices, and unit.
        actions: what is counted of it, name -> what one action is.
        figures: names of the figures that its prices rest on, anywhere in its parameters' ranges.
    """

    name: str
    title: str
    group: str
    description: str
    module: str
    scaling: str
    native_node_nm: float
    parameters: tuple[Parameter, ...]
    actions: Mapping[str, str]
    figures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every part, figure and source of the library, each sorted by its name or key.

    Args:
        parts: by group, then by name.
        figures: every sourced number, whether or not a part uses it.
        sources: the whole bibliography; device laws and update rules cite it too.
    """

    parts: tuple[PartEntry, ...]
    figures: tuple[Figure, ...]
    sources: tuple[Source, ...]

    def figures_of(self, source: str) -> tuple[Figure, ...]:
        """The figures that rest on one source.

        Args:
            source: its key in the bibliography.

        Returns:
            the figures, by name.
        """
        return tuple(figure for figure in self.figures if figure.source == source)


def load_catalogue() -> Catalogue:
    """List all that hwlib holds.

    Returns:
        a Catalogue of parts (with the figures each rests on), figures and sources.
    """
    parts = _in_groups()
    figures = load_figures()
    sources = load_bibliography()
    return Catalogue(
        parts=tuple(_entry(part) for part in parts),
        figures=tuple(figures[name] for name in sorted(figures)),
        sources=tuple(sources[key] for key in sorted(sources)),
    )


def list_components() -> dict[str, str]:
    """Every priced part.

    Returns:
        name -> one line, group by group.
    """
    return {part.name: f"{part.title} ({part.group})" for part in _in_groups()}


def _in_groups() -> list[type[Part]]:
    return sorted(all_parts().values(), key=lambda part: (part.group, part.name))


def _entry(part: type[Part]) -> PartEntry:
    names = {figure.name for variant in _variants(part) for figure in _figures_of(variant)}
    return PartEntry(
        name=part.name,
        title=part.title,
        group=part.group,
        description=inspect.getdoc(part) or "",
        module=part.__module__,
        scaling=part.scaling,
        native_node_nm=part.native_node_nm,
        parameters=part.parameters,
        actions=part.actions,
        figures=tuple(sorted(names)),
    )


def _variants(part: type[Part]) -> Iterator[Part]:
    """The part with every combination of its words, each with one number at a time walked through
    its range.
    """
    words = [parameter for parameter in part.parameters if parameter.choices]
    numbers = [parameter for parameter in part.parameters if not parameter.choices]
    for choices in itertools.product(*(parameter.choices for parameter in words)):
        chosen = dict(zip((parameter.name for parameter in words), choices))
        # The defaults too: a law may rest on a figure only where two parameters are what they
        # usually are.
        yield part(**chosen)
        for parameter in numbers:
            for value in _steps(parameter):
                yield part(**chosen, **{parameter.name: value})


def _steps(parameter: Parameter) -> Iterator[float]:
    """Both ends of a range and steps between them, close enough that no figure is passed over.

    A law may pass through many figures along one parameter, each over some part of its range: the
    rows of the memory table lie an octave apart, synthesis reports not closer than a bit.
    """
    low, high = parameter.limits()
    yield low
    value = max(low, _FIRST_STEP)
    while value < high:
        yield math.ceil(value) if parameter.integer else value
        # x (1 + 1/n) is the next whole number for n, and an octave below one.
        value *= 2 if value >= _SINGLE_STEPS else 1 + 1 / math.ceil(value)
    yield high


def _figures_of(part: Part) -> Iterator[Figure]:
    quantities = [part.area(), part.leakage()]
    for action in part.actions:
        quantities += [part.energy(action), part.latency(action)]
    for quantity in quantities:
        yield from quantity.figures()
