"""Load a chip from a built-in name or a TOML file, with `field.path=value` settings on top."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archsim.chip.copies import with_balance
from archsim.chip.replicas import chip_settings
from archsim.readers import documents
from archsim.readers.call_types import takes_its_types
from archsim.readers.versions import migrated
from hwlib.errors import InputError, told_within, unknown

if TYPE_CHECKING:
    from archsim.chip.component_settings import ComponentSettings
    from archsim.chip.config import Architecture

MAX_FILE_BYTES = 4_000_000


@functools.cache
def _builtin_files() -> dict[str, Path]:
    folder = resources.files("archsim.chip") / "files"
    return {
        p.name[:-5]: Path(str(p))
        for p in sorted(folder.iterdir(), key=lambda p: p.name)
        if p.name.endswith(".toml")
    }


def list_architectures() -> dict[str, str]:
    """Built-in chips: name -> title."""
    return {name: read_toml(path).get("title", "") for name, path in _builtin_files().items()}


def architecture_path(name: str | Path) -> Path:
    """The file of a built-in name or a path. Raises InputError where there is neither."""
    builtin = _builtin_files()
    if str(name) in builtin:
        return builtin[str(name)]
    path = Path(str(name))
    if path.suffix == ".toml" or "/" in str(name) or (str(name) and os.path.exists(path)):
        return path
    raise unknown("architecture", str(name), builtin)


def read_toml(path: Path) -> dict[str, Any]:
    """Parse a TOML file. Raises InputError for a folder, a missing, huge, binary or broken file,
    with the line.
    """
    return documents.read_toml(path, MAX_FILE_BYTES)


def parse_setting(text: str) -> tuple[list[str], Any]:
    """Split `field.path=value`; the value is read as TOML, or taken as a plain word."""
    if "=" not in text:
        raise InputError("a setting is field.path=value", where="--set", got=text)
    path, value = text.split("=", 1)
    keys = [key.strip() for key in path.split(".")]
    if not all(keys):
        raise InputError("a setting is field.path=value", where="--set", got=text)
    try:
        parsed = documents.parse_toml(f"value = {value.strip()}", "--set")
    except InputError:
        return keys, value.strip()
    return keys, parsed["value"] if len(parsed) == 1 else value.strip()


def apply_setting(tree: dict[str, Any], keys: list[str], value: Any) -> None:
    """Put `value` at the field path, making tables on the way. Raises InputError where the path
    meets a value.
    """
    for depth, key in enumerate(keys[:-1]):
        tree = tree.setdefault(key, {})
        if not isinstance(tree, dict):
            raise InputError(
                "not a table", where="--set " + ".".join(keys), got=".".join(keys[: depth + 1])
            )
    tree[keys[-1]] = value


@takes_its_types("name")
def load_architecture(
    name: str | Path | Architecture, settings: Mapping[str, Any] | None = None
) -> Architecture:
    """A chip, with settings changed.

    Args:
        name: a built-in name, a path or an `Architecture`.
        settings: values by field path ({"tile.rows": 64}); words are parsed as TOML.

    Returns:
        the `Architecture`, checked.

    Raises:
        InputError: with the file and the field path, for anything that is not allowed.
    """
    from archsim.chip.cells import share_cell_values
    from archsim.chip.config import Architecture

    if isinstance(name, Architecture):
        where = name.origin
        content = name.model_dump(mode="json", by_alias=True, exclude_unset=True)
    else:
        path = architecture_path(name)
        where = str(name)
        content = read_toml(path)
        if "schema" in content:  # its absence is told with the other fields'
            content = migrated("architecture", content, f"{where}: ")
    named = set()
    for key, value in (settings or {}).items():
        keys, parsed = (
            parse_setting(f"{key}={value}")
            if isinstance(value, str)
            else (str(key).split("."), value)
        )
        for own, setting in (
            chip_settings(".".join(keys), parsed) or {tuple(keys): parsed}
        ).items():
            apply_setting(content, list(own), setting)
            named.add(".".join(own))
    share_cell_values(content, named, where)
    return validate(content, where)


def validate(content: dict[str, Any], where: str) -> Architecture:
    """A checked Architecture from parsed TOML. Raises InputError for the first fault, with the
    nearest field name.
    """
    from pydantic import ValidationError

    from archsim.chip.config import Architecture
    from archsim.chip.faults import explain
    from archsim.chip.kind_chips import check_kinds
    from archsim.chip.roles import check_roles

    check_roles(content, where)
    try:
        chip = Architecture.model_validate(_tuples(content))
    except ValidationError as error:
        raise explain([{**fault} for fault in error.errors()], where, Architecture) from None
    for role, component in chip.components.items():
        _check_part(component, f"{where}: components.{role}")
    for kind, own in chip.kind_chips.items():
        if chip.core.kinds[kind].cell and "array" not in chip.components:
            raise InputError(
                "the chip has no array whose cell this is",
                where=f"{where}: core.kinds.{kind}.cell",
                got=sorted(chip.core.kinds[kind].cell),
            )
        if chip.core.kinds[kind].cell:
            _check_part(own.components["array"], f"{where}: core.kinds.{kind}.cell")
    chip.read_from(where)
    check_kinds(chip)
    return chip


def _check_part(component: ComponentSettings, where: str) -> None:
    """Hold the parameters of a part to those that it has; what "=field.path" follows is checked where
    the inventory is built."""
    from hwlib import find_part

    try:
        part = find_part(component.part)
        for name in component.parameters:
            part.parameter(name)
        part(**{k: v for k, v in component.parameters.items() if not str(v).startswith("=")})
    except InputError as error:
        raise told_within(error, where) from None


def _tuples(content: dict[str, Any]) -> dict[str, Any]:
    # TOML has lists only; strict validation wants the tuple of the model, and 40 is as good a
    # frequency as 40.0
    content = with_balance(dict(content))
    for name in ("notes", "absent"):
        if isinstance(content.get(name), list):
            content[name] = tuple(content[name])
    if "physics" in content:
        content["physics"] = _with_range(content["physics"])
    core = content.get("core")
    if isinstance(core, dict) and isinstance(core.get("kinds"), dict):
        kinds = {
            name: kind | {"physics": _with_range(kind["physics"])}
            if isinstance(kind, dict) and "physics" in kind
            else kind
            for name, kind in core["kinds"].items()
        }
        content["core"] = core | {"kinds": kinds}
    return content


def _with_range(physics: Any) -> Any:
    if isinstance(physics, dict) and isinstance(physics.get("conductance_us"), list):
        return physics | {"conductance_us": tuple(physics["conductance_us"])}
    return physics
