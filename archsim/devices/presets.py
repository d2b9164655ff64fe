"""Device presets: parameters of real or published devices as data, each with its source and how
sure it is.

A preset file (`hwlib/devices/*.toml` or the user's own) holds tables `[name]` with law, title,
source, place, confidence (see CONFIDENCES), optional note, and `[name.parameters]`. The source of a
preset of the library is a key of sources.bib; a file of one's own states its source in its own
words (a laboratory, a notebook, a paper).
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from archsim.devices import LAWS, load_law
from archsim.devices.electrical import check_electrical
from archsim.readers.documents import read_toml
from archsim.readers.versions import migrated
from hwlib.bibliography import load_sources
from hwlib.errors import InputError, is_finite, nearest, unknown

if TYPE_CHECKING:
    from archsim.devices.device import Device

# How the parameters are known: measured or simulated by whoever wrote the file, read in the
# publication, in the code of a reference, in another work that restates it, stated by a maker,
# worked out from these, brought to another size, assumed, from memory.
CONFIDENCES = (
    "measured",
    "simulated",
    "published",
    "code",
    "secondary",
    "stated",
    "derived",
    "scaled",
    "assumed",
    "unverified",
)
LARGEST_FILE = 4_000_000  # bytes
MOST_POINTS = 1000  # of a measured curve
_REQUIRED = ("law", "title", "source", "place", "confidence", "parameters")
_OPTIONAL = ("note", "electrical", "measured")


@dataclass(frozen=True)
class MeasuredCurve:
    """Measured weights over the pulses of one direction: 5, 50 and 95 % of all runs; (points,)."""

    pulses: tuple[float, ...]
    low: tuple[float, ...]
    median: tuple[float, ...]
    high: tuple[float, ...]


@dataclass(frozen=True)
class Preset:
    """A named device: its law, the parameters that differ from the law's defaults, and where they
    come from.
    """

    name: str
    law: str
    title: str
    source: str
    place: str
    confidence: str
    parameters: Mapping[str, float | str]
    note: str = ""
    electrical: Mapping[str, float] = field(default_factory=dict)
    """Values of its cell (`devices.electrical`), for the price of a chip that is built of it."""
    measured: Mapping[str, MeasuredCurve] = field(default_factory=dict)
    """By direction, the measurement that it was fitted to."""

    def device(self, changes: Mapping[str, object] | None = None) -> Device:
        """The device, with `changes` of single parameters. Raises InputError for unknown names and
        values out of range.
        """
        return load_law(self.law)(**{**self.parameters, **(changes or {})})


@functools.cache
def load_presets() -> dict[str, Preset]:
    """Every preset of the library by name, sorted."""
    presets: dict[str, Preset] = {}
    for path in sorted((resources.files("hwlib") / "devices").iterdir(), key=lambda p: p.name):
        if path.name.endswith(".toml"):
            for name, preset in read_presets(Path(str(path)), own=False).items():
                if name in presets:
                    raise InputError("device defined twice", where=path.name, got=name)
                presets[name] = preset
    return dict(sorted(presets.items()))


def read_presets(path: Path, own: bool = True) -> dict[str, Preset]:
    """The presets of one file: the user's `own`, or one of the library. Raises InputError with the
    field path.
    """
    content = migrated("device", read_toml(path, LARGEST_FILE), f"{path.name}: ")
    del content["schema"]
    return {
        name: _preset(name, entry, f"{path.name}: {name}", own) for name, entry in content.items()
    }


def _preset(name: str, entry: object, where: str, own: bool) -> Preset:
    if not isinstance(entry, dict):
        raise InputError("a device is a table", where=where, got=entry)
    for key in entry:
        if key not in (*_REQUIRED, *_OPTIONAL):
            raise InputError(
                f"unknown field '{key}'",
                where=where,
                allowed=(*_REQUIRED, *_OPTIONAL),
                hint=nearest(key, (*_REQUIRED, *_OPTIONAL)),
            )
    for key in _REQUIRED:
        if key not in entry:
            raise InputError(f"field '{key}' is missing", where=where)
        if not isinstance(entry[key], dict if key == "parameters" else str):
            raise InputError("wrong type", where=f"{where}.{key}", got=entry[key])
    if entry["law"] not in LAWS:
        raise unknown("device law", entry["law"], LAWS, where)
    if entry["confidence"] not in CONFIDENCES:
        raise unknown("confidence", entry["confidence"], CONFIDENCES, where)
    if not entry["source"].strip():
        raise InputError(
            "a device states where its parameters come from",
            where=f"{where}.source",
            got=entry["source"],
        )
    # What the library ships is cited from its bibliography; a laboratory's own file need not be in
    # it.
    if not own and entry["source"] not in load_sources():
        raise unknown("source", entry["source"], load_sources(), where)
    return Preset(
        name,
        entry["law"],
        entry["title"],
        entry["source"],
        entry["place"],
        entry["confidence"],
        entry["parameters"],
        str(entry.get("note", "")),
        check_electrical(entry.get("electrical", {}), f"{where}.electrical"),
        _measured(entry.get("measured", {}), f"{where}.measured"),
    )


def _measured(entry: object, where: str) -> dict[str, MeasuredCurve]:
    if not isinstance(entry, dict):
        raise InputError("a measurement is a table", where=where, got=entry)
    curves = {}
    names = [f.name for f in fields(MeasuredCurve)]
    for direction, rows in entry.items():
        if direction not in ("up", "down"):
            raise unknown("direction", direction, ("up", "down"), where)
        if not isinstance(rows, dict) or sorted(rows) != sorted(names):
            raise InputError("wrong fields", where=f"{where}.{direction}", allowed=names)
        columns = [rows[name] for name in names]
        lengths = {len(column) if isinstance(column, list) else -1 for column in columns}
        if len(lengths) != 1 or not 2 <= next(iter(lengths)) <= MOST_POINTS:
            raise InputError(
                "lists of one length",
                where=f"{where}.{direction}",
                allowed=f"2 to {MOST_POINTS} numbers",
            )
        if not all(is_finite(value) for column in columns for value in column):
            raise InputError("numbers only", where=f"{where}.{direction}")
        curves[direction] = MeasuredCurve(*(tuple(map(float, column)) for column in columns))
    return curves


def find_preset(name: str) -> Preset | None:
    """The preset of that name, or the one of a `.toml` file; None for the name of a law, which has
    its defaults alone.

    Raises InputError with the nearest name where there is none.
    """
    # By its ending alone, whether or not it exists: a missing file is told as one, not as an
    # unknown name.
    if str(name).endswith(".toml"):
        presets = read_presets(Path(name))
        if len(presets) != 1:
            raise InputError(
                "a device file holds exactly one device here", where=str(name), got=sorted(presets)
            )
        return next(iter(presets.values()))
    presets = load_presets()
    if name not in presets and name not in LAWS:
        raise unknown("device", name, [*presets, *LAWS])
    return presets.get(name)


def load_device(name: str, changes: Mapping[str, object] | None = None) -> Device:
    """The device of that preset name, of a law name (its defaults), or of a `.toml` file with one
    preset; `changes` on top.

    Raises InputError with the nearest name where there is none.
    """
    preset = find_preset(name)
    return preset.device(changes) if preset else load_law(name)(**(changes or {}))


def electrical_of(name: str) -> Mapping[str, float]:
    """Electrical values of a preset or a device file; none of a law, or of "" (exact weights)."""
    preset = find_preset(name) if name else None
    return preset.electrical if preset else {}


def list_devices() -> dict[str, str]:
    """Presets with one line each."""
    return {
        name: f"{preset.title} ({preset.law}; {preset.confidence})"
        for name, preset in load_presets().items()
    }
