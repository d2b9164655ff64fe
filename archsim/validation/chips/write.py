"""Write the descriptions that follow from the facts as architecture files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from archsim.validation.chips.choices import bits_of
from archsim.validation.chips.facts import ChipFacts, read_facts
from archsim.validation.chips.rule import calibrated, describe

FOLDER = Path(__file__).parent
_HEAD = "# Written by python -m archsim.validation.chips: change facts/{name}.toml or the rule, not this.\n"


def text_of(facts: ChipFacts) -> str:
    """The architecture file of a chip, at the operating point with the most bits of its converters
    (the first of these).
    """
    point = max(facts.points, key=lambda point: bits_of(facts, point))
    return _HEAD.format(name=facts.name) + _table(describe(facts, point))


def text_of_calibrated(facts: ChipFacts) -> str:
    """The same with the blocks that the paper states in place of predicted parts."""
    point = max(facts.points, key=lambda point: bits_of(facts, point))
    return _HEAD.format(name=facts.name) + _table(calibrated(facts, point))


def write_all(folder: Path = FOLDER) -> list[Path]:
    """Write one file a chip.

    Args:
        folder: where they go.

    Returns:
        their paths.
    """
    paths = []
    for facts in read_facts().values():
        path = folder / f"{facts.name}.toml"
        path.write_text(text_of(facts), encoding="utf-8")
        paths.append(path)
        if facts.own_parts:
            path = folder / f"{facts.name}_calibrated.toml"
            path.write_text(text_of_calibrated(facts), encoding="utf-8")
            paths.append(path)
    return paths


def _table(content: Mapping[str, Any], prefix: str = "") -> str:
    """A TOML table; parameters are inline, sections follow what stands directly in it."""
    values = {key: value for key, value in content.items() if not _is_section(key, value)}
    lines = [f"{key} = {_value(value)}" for key, value in values.items()]
    heading = f"\n[{prefix}]\n" if prefix and lines else ""
    text = heading + "".join(f"{line}\n" for line in lines)
    for key, value in content.items():
        # After the plain values: in TOML they would belong to the section above them.
        if _is_section(key, value):
            text += _table(value, f"{prefix}.{key}" if prefix else key)
    return text


def _is_section(key: str, value: object) -> bool:
    return isinstance(value, Mapping) and key != "parameters"


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_value(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
