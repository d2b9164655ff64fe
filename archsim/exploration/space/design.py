"""From a design (words and settings) to what the model takes: chip, trace, update rule, images.
Kept in memory by process.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from archsim.chip.replicas import chip_settings
from archsim.chip.step_on_chip import StepKind, kind_on
from archsim.exploration.space.fields import of_chip
from archsim.exploration.work.memory import remembered
from hwlib.errors import InputError

if TYPE_CHECKING:
    from archsim.chip.config import Architecture
    from archsim.schemes.base import Scheme
    from archsim.trace import Trace
    from workloads.network import Network


@dataclass(frozen=True, slots=True)
class RunnableDesign:
    """A design ready to run: a chip, the trace of a step, its update rule (None for inference) and
    the images through it.
    """

    chip: Architecture
    trace: Trace
    rule: Scheme | None
    images: int


def resolve(design: Mapping[str, Any]) -> RunnableDesign:
    """The step of a design. Raises InputError for a design that the chip, the scheme or the network
    does not allow.
    """
    chip = chip_of(
        design["architecture"], {path: value for path, value in design.items() if _is_of_chip(path)}
    )
    settings = tuple(
        sorted((path[7:], value) for path, value in design.items() if path[:7] == "scheme.")
    )
    scheme = design["scheme"]
    phase = design["phase"]
    kind = kind_on(chip, phase, design["batch"])
    trace, rule = _trace(design["network"], scheme, settings, kind)
    return RunnableDesign(chip, trace, rule, design["images"] or design["batch"])


@remembered(64)
def network_of(name: str) -> Network:
    """A network by name or path."""
    from workloads.load import load_network

    return load_network(name)


@remembered(64)
def scheme_of(name: str, settings: tuple) -> Scheme:
    """An update rule by name, with its settings."""
    from archsim.schemes import load_scheme

    return load_scheme(name, dict(settings))


@remembered(64)
def _trace(
    network: str, scheme: str | None, settings: tuple, kind: StepKind
) -> tuple[Trace, Scheme | None]:
    from archsim.trace import build_trace

    rule = scheme_of(scheme, settings) if scheme is not None and kind.phase == "training" else None
    return build_trace(network_of(network), rule, *kind), rule


class ChipFile(NamedTuple):
    """A chip as its file says it, and checked: what a design leaves alone is checked once."""

    content: dict[str, Any]
    checked: Architecture


@remembered(16)
def _chip_file(name: str) -> ChipFile:
    from archsim.chip import load_architecture

    checked = load_architecture(name)
    # as the file says it: what it leaves open may follow
    return ChipFile(checked.model_dump(by_alias=True, exclude_unset=True), checked)


def chip_of(name: str, settings: Mapping[str, Any]) -> Architecture:
    """A chip by name or path, with settings by dotted path. Raises InputError with the field."""
    from pydantic import ValidationError

    from archsim.chip.cells import share_cell_values
    from archsim.chip.load import validate

    file = _chip_file(name)
    content = with_settings(file.content, settings)
    if any(path.startswith(("physics.", "components.array")) for path in settings):
        own = (keys for path, value in settings.items() for keys, _ in _keys(path, value))
        paths = [".".join(keys) for keys in own]
        content = _own_cell(content)
        share_cell_values(content, paths, name)
    try:
        # the parts' own parameters are checked where they are priced, so this is the whole check
        return _checked(content, file).read_from(name)
    except ValidationError:
        return validate(content, name)  # says which field it is


def _checked(content: Mapping[str, Any], file: ChipFile) -> Architecture:
    """The chip of a content that shares with its file what no setting touched: of that, the records
    that were checked with the file are taken. Raises ValidationError."""
    from archsim.chip.config import Architecture
    from archsim.chip.section import Section

    given = dict(content)
    left_out = []
    for name, record in file.checked:
        if not isinstance(record, Section):
            continue
        if name not in content:
            left_out.append(name)
            given[name] = record
        elif name in file.content and content[name] is file.content[name]:
            given[name] = record
    own = file.content["components"]
    parts = content["components"]
    if isinstance(parts, Mapping):
        checked = file.checked.components
        given["components"] = {
            role: checked[role] if role in own and entry is own[role] else entry
            for role, entry in parts.items()
        }
    chip = Architecture.model_validate(given)
    # what nobody set stays unset, wherever its values came from
    chip.model_fields_set.difference_update(left_out)
    return chip


def _own_cell(content: Mapping[str, Any]) -> dict[str, Any]:
    """The content with tables of its own where the values of a cell stand, which follow each other."""
    components = dict(content.get("components", {}))
    if "array" in components:
        components["array"] = dict(
            components["array"], parameters=dict(components["array"].get("parameters", {}))
        )
    return {**content, "physics": dict(content.get("physics", {})), "components": components}


def with_settings(content: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """The content with settings by dotted path; what they do not touch is shared, not copied."""
    changed = dict(content)
    own: set[tuple[str, ...]] = set()
    for keys, value in (
        (keys, value) for path, setting in settings.items() for keys, value in _keys(path, setting)
    ):
        tree = changed
        path = ".".join(keys)
        for depth, key in enumerate(keys[:-1]):
            here = tuple(keys[: depth + 1])
            if here not in own:
                own.add(here)
                inner = tree.get(key, {})
                if not isinstance(inner, Mapping):
                    raise InputError("not a table", where=path, got=".".join(here))
                # Copied once on the way down; whatever is beside it stays the file's own.
                tree[key] = dict(inner)
            tree = tree[key]
        tree[keys[-1]] = tuple(value) if isinstance(value, list) else value
    return changed


def _keys(path: str, value: Any) -> list[tuple[tuple[str, ...], Any]]:
    """Where a setting stands in its tree: devices per weight are the chip's, and a layer's name may
    hold dots.
    """
    plain = _plain_keys(path)
    if plain is not None:
        return [(plain, value)]
    return list((chip_settings(path, value) or {}).items())


@lru_cache(maxsize=4096)
def _plain_keys(path: str) -> tuple[str, ...] | None:
    """The keys of a setting that stands where its path says; None for devices per weight."""
    # whether it is one of these is seen by its path, whatever its value
    return tuple(path.split(".")) if chip_settings(path, None) is None else None


@lru_cache(maxsize=4096)
def _is_of_chip(path: str) -> bool:
    # some settings of a training are the chip's (devices a weight)
    return of_chip(path) or _plain_keys(path) is None
