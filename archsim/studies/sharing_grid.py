"""The grid of machines of `bitstream_sharing`, as its `grid.toml` says it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from archsim.readers.documents import read_toml
from archsim.readers.form import Form, check_form
from hwlib.errors import unknown

WORDS = {
    "chip": ("bitstream.source", "bitstream.sharing", "bitstream.resolution"),
    "scheme": ("stream_source", "sharing", "resolution"),
}
"""Where a machine says its source, sharing and resolution."""


_DESIGN: dict[str, Form] = {"source": "text", "sharing??": "text", "resolution??": "whole"}


_FORM: dict[str, Form] = {
    "network": "text",
    "data": "text",
    "images??": "whole",
    "seeds": ["whole"],
    "machine": [
        {
            "scheme": "text",
            "arch": "text",
            "epochs": "whole",
            "words": "text",
            "sources": ["text"],
            "sharings": ["text"],
            "resolutions": ["whole"],
            "alone": [_DESIGN],
        }
    ],
}


@dataclass(frozen=True)
class Design:
    """One machine: an update rule on a chip, and how it makes its streams; `sharing` and `resolution`
    None are the machine's own.
    """

    scheme: str
    arch: str
    epochs: int
    words: str
    source: str
    sharing: str | None
    resolution: int | None

    @property
    def name(self) -> str:
        """A name for files."""
        said = (self.scheme, self.source, self.sharing, self.resolution)
        return "-".join(str(word) for word in said if word is not None)

    def settings(self) -> dict[str, Any]:
        """The words of the chip, or of the scheme."""
        values = (self.source, self.sharing, self.resolution)
        return {path: value for path, value in zip(WORDS[self.words], values) if value is not None}


@dataclass(frozen=True)
class Grid:
    """What is trained on what (on the first `images` of it, None for all), with which seeds."""

    folder: Path
    network: str
    data: str
    images: int | None
    seeds: tuple[int, ...]
    designs: tuple[Design, ...]

    def runs(self) -> Iterator[tuple[Design, int, Path]]:
        """(design, seed, file of the run), all designs with the first seed first."""
        # A study that is stopped then has one seed of everything and not all seeds of some.
        for seed, design in product(self.seeds, self.designs):
            yield design, seed, self.folder / "runs" / f"{design.name}-{seed}.json"


def load_grid(folder: Path) -> Grid:
    """Read `grid.toml` of a folder. Raises InputError with the field."""
    path = folder / "grid.toml"
    content = read_toml(path)
    check_form(content, _FORM, str(path), "")
    designs = []
    for machine in content["machine"]:
        if machine["words"] not in WORDS:
            raise unknown("place of the words", machine["words"], WORDS, f"{path}: machine.words")
        own = (machine["scheme"], machine["arch"], machine["epochs"], machine["words"])
        axes = product(machine["sources"], machine["sharings"], machine["resolutions"])
        designs += [Design(*own, *words) for words in axes]
        designs += [
            Design(*own, item["source"], item.get("sharing"), item.get("resolution"))
            for item in machine["alone"]
        ]
    return Grid(
        folder=folder,
        network=content["network"],
        data=content["data"],
        images=content.get("images"),
        seeds=tuple(content["seeds"]),
        designs=tuple(designs),
    )
