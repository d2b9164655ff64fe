"""A device as the text of its file."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from archsim.cli.options import number_or_word

if TYPE_CHECKING:
    from archsim.devices.presets import Preset


def device_text(name: str, settings: dict[str, str]) -> str:
    """A device file with every parameter of a preset, a law or a file, `settings` changed: to copy
    and edit. Raises InputError as
    `describe_device`."""
    from archsim.devices import load_law
    from archsim.devices.presets import find_preset

    changes = {key: number_or_word(text) for key, text in settings.items()}
    preset = find_preset(name)
    device = preset.device(changes) if preset else load_law(name)(**changes)
    own = preset.name if preset else name
    # What TOML takes as a bare key; any other name is quoted.
    own = own if re.fullmatch("[A-Za-z0-9_-]+", own) else _toml(own)
    facts = {
        "law": device.name,
        "title": preset.title if preset else device.title,
        "source": preset.source if preset else device.source,
        "place": "; ".join(
            [
                preset.place if preset else "defaults of the law",
                *(f"{key} changed" for key in changes),
            ]
        ),
        "confidence": preset.confidence if preset else "assumed",
    }
    if preset and preset.note:
        facts["note"] = preset.note
    lines = [
        f"[{own}]",
        *(f"{key} = {_toml(text)}" for key, text in facts.items()),
        f"[{own}.parameters]",
    ]
    for p in device.parameters:
        span = " or ".join(p.choices) or f"{p.low:g} to {p.high:g}"
        lines.append(
            f"{p.name} = {_toml(device.values[p.name])}  # "
            f"{span}{f' {p.unit}' if p.unit not in ('', '1') else ''}: {p.note}"
        )
    if preset:
        lines += _further_tables(own, preset)
    return "\n".join(lines) + "\n"


def _further_tables(own: str, preset: Preset) -> list[str]:
    """What a file states beside the law: its cell, by which a chip is priced, and its measurement."""
    lines = []
    if preset.electrical:
        lines.append(f"[{own}.electrical]")
        lines += [f"{key} = {_toml(value)}" for key, value in preset.electrical.items()]
    for direction, curve in preset.measured.items():
        lines.append(f"[{own}.measured.{direction}]")
        lines += [f"{key} = {_toml(list(values))}" for key, values in vars(curve).items()]
    return lines


def _toml(value: object) -> str:
    """A word or a number; what JSON escapes in a text, TOML reads alike, and no control character
    reaches the terminal.
    """
    if not isinstance(value, str):
        return repr(value)
    return re.sub(
        "[\x7f-\x9f]",
        lambda letter: f"\\u{ord(letter[0]):04x}",
        json.dumps(value, ensure_ascii=False),
    )
