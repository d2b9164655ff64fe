"""A chip as cores of one kind have it: the view that every law of a tile reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hwlib.errors import InputError, nearest

if TYPE_CHECKING:
    # which has these views
    from archsim.chip.component_settings import ComponentSettings
    from archsim.chip.config import Architecture
    from archsim.chip.core_kinds import KindSettings

AT = "@"
"""Between a role and a kind in the name of a part that only cores of that kind have."""


def chips_of_kinds(chip: Architecture) -> dict[str, Architecture]:
    """The chip as if all its cores were of a kind, by its name; in the order of the description.

    Raises:
        ValueError: where what a kind says contradicts itself, or the rest of the chip.
    """
    chips = {}
    for name, kind in chip.core.kinds.items():
        sections: dict[str, dict[str, Any]] = {}
        for section, field, value in kind.changes():
            sections.setdefault(section, {})[field] = value
        update: dict[str, Any] = {
            section: getattr(chip, section).model_copy(update=values)
            for section, values in sections.items()
        }
        if kind.cell and "array" in chip.components:
            update["components"] = chip.components | {"array": _cell(chip, kind)}
            if "read_voltage_v" in kind.cell:
                # data and price read one voltage
                physics = update.get("physics", chip.physics)
                voltage = {"read_voltage_v": float(kind.cell["read_voltage_v"])}
                update["physics"] = physics.model_copy(update=voltage)
        update["core"] = chip.core.model_copy(update={"kinds": {}})
        view = chip.model_copy(update=update)
        try:
            view.check_tiles()
        except ValueError as fault:
            raise ValueError(f"core.kinds.{name}: {fault}") from None
        chips[name] = view
    return chips


def _cell(chip: Architecture, kind: KindSettings) -> ComponentSettings:
    """The array of the chip with the parameters of a kind's cell."""
    entry = chip.components["array"]
    own = entry.model_copy(update={"parameters": entry.parameters | kind.cell})
    vars(own).pop("followed", None)  # a copy has them of the entry that it was made of
    return own


def check_kinds(chip: Architecture) -> None:
    """Hold kinds, and what names them, to each other.

    Raises:
        InputError: for kinds on a flat chip, and for a layer that is sent to a kind which is not
            there.
    """
    kinds = chip.core.kinds
    if kinds and not chip.core.tiles:
        raise InputError(
            "a flat chip has no cores that could be of a kind",
            where=f"{chip.origin}: core.kinds",
            got=sorted(kinds),
            hint="set core.tiles, or tile and read themselves",
        )
    for layer, kind in chip.placement.kind.items():
        if kind not in kinds:
            raise InputError(
                "no such kind of cores",
                where=f"{chip.origin}: placement.kind.{layer}",
                got=kind,
                allowed=sorted(kinds) or "none: the chip has no core.kinds",
                hint=nearest(kind, kinds),
            )


def only_kind(chip: Architecture) -> str:
    """The kind of all cores; empty where none is named, or several are."""
    kinds = list(chip.core.kinds)
    return kinds[0] if len(kinds) == 1 else ""


def base_role(name: str) -> str:
    """The role of a part, whatever kind of cores has it."""
    return name.partition(AT)[0]


def kind_of_part(name: str) -> str:
    """The kind of cores whose part it is; empty where all share it, or all are of one kind."""
    return name.partition(AT)[2]


def devices_of_kinds(chip: Architecture) -> dict[str, str]:
    """The devices of kinds of cores that have one of their own."""
    named = {name: kind.weights.device for name, kind in chip.core.kinds.items()}
    return {name: device for name, device in named.items() if device is not None}
