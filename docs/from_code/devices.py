"""Devices: the laws with their parameters, and the presets that give a law its numbers."""

from __future__ import annotations

from archsim.devices import LAWS, load_law
from archsim.devices.presets import CONFIDENCES, Preset, load_presets
from docs.from_code.markdown import anchor, code, docstring, page, prose, table
from docs.from_code.parts import parameter_rows

INTRODUCTION = """A *law* says what a pulse does to a conductance; a *preset* is a law with the numbers of a real or published device.
`--device` takes either, or a file of your own ([how to write one](../learn/my_device.md)); `--set device.PARAMETER=VALUE` changes one
parameter. `archsim show device NAME` draws its staircase."""


def devices_page() -> str:
    """Presets first, then laws."""
    presets = load_presets()
    heads = ("preset", "law", "device", "source and place", "known as")
    return page(
        "Devices",
        INTRODUCTION,
        "## Presets\n\n" + table(heads, map(_preset, presets.values())),
        "What a preset says of how its numbers are known: "
        + ", ".join(map(code, CONFIDENCES))
        + ".",
        "## Laws",
        *(_law(name) for name in LAWS),
    )


def _preset(preset: Preset) -> tuple[str, ...]:
    note = f" ({prose(preset.note)})" if preset.note else ""
    origin = f"{code(preset.source)}: {prose(preset.place)}"
    law = f"[{code(preset.law)}](#law-{preset.law})"
    return code(preset.name), law, prose(preset.title) + note, origin, preset.confidence


def _law(name: str) -> str:
    law = load_law(name)
    rows = parameter_rows(law.parameters)
    return "\n\n".join(
        [
            f"{anchor(f'law-{name}')}### {name}",
            f"{prose(law.title)}; source {code(law.source)}. Class `{law.__module__}.{law.__name__}`.",
            docstring(law),
            table(("parameter", "default", "allowed", "unit", "note"), rows),
        ]
    )
