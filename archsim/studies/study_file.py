"""What a study.toml is, and how it is read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archsim.readers.documents import read_toml
from archsim.readers.form import Form, check_form
from archsim.studies.moved import read_numbers
from archsim.studies.priced_tables import check_priced
from hwlib.errors import InputError

_FIELDS = ("title", "source", "network", "data", "mean_of_last", "settings", "row", "priced")
_ROW_FIELDS = (
    "name",
    "title",
    "published_percent",
    "tolerance_percent",
    "published_text",
    "settings",
    "seeds",
)
# what a study.toml is; settings of a training are checked by the training itself
_FORM: dict[str, Form] = {
    "title??": "text",
    "source??": "text",
    "network??": "text",
    "data??": "text",
    "mean_of_last??": "whole",
    "settings??": {"*": "any"},
    "row??": [
        {
            "name": "text",
            "title??": "text",
            "published_text??": "text",
            "published_percent??": "number",
            "tolerance_percent??": "number",
            "settings??": {"*": "any"},
            "seeds??": ["whole"],
        }
    ],
}


@dataclass(frozen=True)
class Row:
    """One row of the table: its name, and for each seed the training settings as a dict."""

    name: str
    title: str
    published: str
    settings: dict[str, Any]
    seeds: tuple[int, ...]


@dataclass(frozen=True)
class Study:
    """A study file: what is trained on what, and how many last epochs a number is the mean of;
    `priced` are its tables of silicon (see
    `priced_tables`). A study that trains nothing of its own has no rows."""

    folder: Path
    title: str
    network: str
    data: str
    mean_of_last: int
    rows: tuple[Row, ...]
    priced: tuple[dict[str, Any], ...] = ()

    def runs(self) -> list[tuple[Row, int]]:
        """(row, seed) in the order of the file, first seeds first."""
        most = max((len(row.seeds) for row in self.rows), default=0)
        return [
            (row, row.seeds[position])
            for position in range(most)
            for row in self.rows
            if position < len(row.seeds)
        ]


def load_study(path: str | Path) -> Study:
    """Read a study. Raises InputError with the field."""
    path = Path(path)
    content = read_toml(path)
    for key in content:
        if key not in _FIELDS:
            raise InputError("unknown field", where=str(path), got=key, allowed=_FIELDS)
    check_form(content, _FORM, str(path), "")
    rows = []
    for item in content.get("row", []):
        for key in item:
            if key not in _ROW_FIELDS:
                raise InputError(
                    "unknown field", where=f"{path}: row", got=key, allowed=_ROW_FIELDS
                )
        settings = {**content.get("settings", {}), **item.get("settings", {})}
        # Joined field by field: a row changes one of them and keeps the rest.
        for part in ("read", "update"):
            settings[part] = {
                **content.get("settings", {}).get(part, {}),
                **item.get("settings", {}).get(part, {}),
            }
        title = item.get("title", item["name"])
        seeds = tuple(item.get("seeds", [1]))
        rows.append(Row(item["name"], title, _published(item), settings, seeds))
    priced = check_priced(content.get("priced", []), str(path))
    if not rows and not priced:
        raise InputError("a study needs at least one row", where=str(path))
    for name in ("title", *(("network", "data") if rows else ())):
        if not isinstance(content.get(name), str):
            raise InputError(
                "required field is missing" if name not in content else "not a text",
                where=f"{path}: {name}",
                got=content.get(name),
            )
    return Study(
        path.parent,
        content["title"],
        content.get("network", ""),
        content.get("data", ""),
        content.get("mean_of_last", 5),
        tuple(rows),
        priced,
    )


def _published(item: dict[str, Any]) -> str:
    """What the paper states for a row; a run of our own, a seed more or a twin, has nothing there."""
    if "published_text" in item:
        return item["published_text"]
    if "published_percent" not in item:
        return "not stated"
    stated = f"{item['published_percent']}"
    return f"{stated} ± {item['tolerance_percent']}" if "tolerance_percent" in item else stated


def read_history(study: Study, row: Row, seed: int) -> list[dict[str, float]]:
    """The epochs that a row has finished; empty where it has not begun."""
    return read_numbers(study.folder / "history" / f"{row.name}-{seed}.csv")
