"""What a comparison is: the documents of its schemes, the table of them, and the files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archsim.basics.files import csv_text, write_files
from archsim.comparison.rows import SchemeRuns, seed_facts
from archsim.comparison.scheme_row import scheme_row
from archsim.comparison.standing import Standing
from archsim.comparison.statistics import paired_differences
from archsim.comparison.verdicts import standing_of
from archsim.readers.digest import seal
from archsim.readers.versions import versioned
from archsim.run.fact_tables import Row
from archsim.run.result_tables import table_of
from hwlib.text import html_table

if TYPE_CHECKING:
    from archsim.run.unit_table import UnitTable

COLUMNS = (
    "scheme",
    "label",
    "device",
    "learning_rate",
    "batch",
    "accuracy_percent",
    "accuracy_std",
    "seeds",
    "trials",
    "area_mm2",
    "area_low_mm2",
    "area_high_mm2",
    "system_area_mm2",
    "power_uw",
    "energy_per_image_j",
    "system_energy_per_image_j",
    "off_chip",
    "latency_per_image_s",
    "update_energy_per_image_j",
    "writes_per_device",
    "most_writes_per_device",
    "extra_memory_kib",
    "tiles",
    "images_per_second",
    "setup_energy_j",
    "setup_seconds",
    "held_back",
)
FILE = "compare.json"
_SHOWN = 6  # labels in a short representation


@dataclass(frozen=True, repr=False)
class Comparison:
    """`results`: a result document a scheme, that of its first seed, with its training and its
    `label`; `refused`: labels of those that this chip or network cannot run, or that were lost,
    with the reason; `lost`: labels among them that died or met an internal fault; `command`: the
    line that asked for it, where one did; `notes`: what was worked out anew though the folder held
    it; `runs`: by label what all seeds and the tuning gave, where that is more than the result;
    `terms`: what was the same for all (see `archsim.comparison.terms`); `standing`: the verdicts,
    once all schemes have ended (`judge`).
    """

    results: list[Row]
    refused: dict[str, str]
    lost: list[str] = field(default_factory=list)
    command: str = ""
    notes: list[str] = field(default_factory=list)
    runs: dict[str, SchemeRuns] = field(default_factory=dict)
    terms: dict[str, Any] = field(default_factory=dict)
    standing: Standing = field(default_factory=Standing)

    def judge(self) -> Comparison:
        """The same comparison with the verdicts on all pairs of schemes, by the figures of today.

        Returns:
            a new comparison; this one stays as it is.

        Raises:
            InputError: where a part of a result is none of today's hwlib.
        """
        # Not on reading: a stored comparison keeps the verdicts of the figures it was made with.
        return replace(self, standing=standing_of(self.seed_rows, self.results))

    @property
    def rows(self) -> list[Row]:
        """One row a scheme, columns COLUMNS: accuracy_percent is the mean over `seeds` seeds,
        accuracy_std their standard deviation, silicon that of the first. images_per_second is what
        the training took of one core, by the processor's time.
        """
        return [
            scheme_row(document, entry) for document, entry in zip(self.results, self.seed_rows)
        ]

    @property
    def seed_rows(self) -> list[Row]:
        """One row a scheme, as compare.json holds it under "rows": its seeds, its tuning, its
        device.
        """
        return [self._runs_of(document).row(document) for document in self.results]

    def _runs_of(self, document: Row) -> SchemeRuns:
        return self.runs.get(document["label"]) or SchemeRuns([seed_facts(document)])

    def table(self) -> UnitTable:
        """The schemes as a pandas DataFrame that shows its units and goes to LaTeX.

        Returns:
            a DataFrame with the columns COLUMNS, a row a scheme; `attrs["units"]` holds their
            units, and `to_latex()` and a notebook show them in the headings.
        """
        return table_of(self.rows, repr(self))

    def __repr__(self) -> str:
        lost = f", {len(self.lost)} lost" if self.lost else ""
        refused = f", {len(self.refused)} refused" if self.refused else ""
        labels = ", ".join(str(document["label"]) for document in self.results[:_SHOWN])
        more = ", ..." if len(self.results) > _SHOWN else ""
        return f"Comparison({len(self.results)} schemes: {labels}{more}{refused}{lost})"

    def _repr_html_(self) -> str:
        """Accuracy and silicon of each scheme as a notebook shows them, and why one is missing."""
        rows = [
            (
                row["label"],
                row["device"],
                _told(row["accuracy_percent"], ".2f"),
                _told(row["area_mm2"]),
                _told(row["energy_per_image_j"], scale=1e9),
                _told(row["latency_per_image_s"], scale=1e6),
                _told(row["writes_per_device"]),
            )
            for row in self.rows
        ]
        heads = (
            "scheme",
            "trained on",
            "accuracy (%)",
            "area (mm²)",
            "energy an image (nJ)",
            "time an image (µs)",
            "writes a device",
        )
        missing = [f"{label}: {reason}" for label, reason in self.refused.items()]
        return (
            f"<p><b>{escape(repr(self))}</b></p>"
            + html_table(heads, rows)
            + "".join(f"<p>{escape(text)}</p>" for text in missing)
        )

    def to_dict(self) -> dict[str, Any]:
        """The JSON document: {"schema", "schemes": [result of the first seed], "refused": {label:
        reason}, "terms": what was the same for all, "rows": [seeds, tuning and device of a scheme],
        "paired": [mean difference of two schemes by seed], and the fields of `Standing`}, with
        "command" where there was one.
        """
        rows = self.seed_rows
        content: dict[str, Any] = {"schemes": self.results, "refused": self.refused}
        if self.command:
            content["command"] = self.command
        content |= {
            "terms": self.terms,
            "rows": rows,
            "paired": [asdict(difference) for difference in paired_differences(rows)],
            **self.standing.to_dict(),
        }
        return versioned("comparison", content)

    def save(self, folder: str | Path) -> Path:
        """Write compare.json and compare.csv, whole or not at all.

        Args:
            folder: where to; made where it is not there.

        Returns:
            the folder.

        Raises:
            InputError: where that cannot be.
        """
        return write_files(
            folder,
            {
                FILE: json.dumps(sealed_comparison(self.to_dict()), indent=1, allow_nan=False)
                + "\n",
                "compare.csv": csv_text(self.rows),
            },
        )


def sealed_comparison(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document with a digest of its own and one of each scheme's result."""
    return seal({**document, "schemes": [seal(result) for result in document["schemes"]]})


def _told(value: float | None, form: str = ".4g", scale: float = 1.0) -> str:
    """A number of the table, a dash where there is none."""
    return "–" if value is None else f"{scale * value:{form}}"


def by_reason(refused: Mapping[str, str]) -> dict[str, list[str]]:
    """Labels by the reason that they share, in the order of the first of each."""
    labels: dict[str, list[str]] = {}
    for label, reason in refused.items():
        labels.setdefault(reason, []).append(label)
    return labels
