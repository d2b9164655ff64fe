"""The result of a run: the JSON document with its numbers as attributes, tables, files, and
re-pricing.
"""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from archsim.basics.files import csv_text, write_files
from archsim.basics.version import VERSION
from archsim.cost.added_up import check_sums
from archsim.cost.document import fill_prices
from archsim.cost.estimate import Estimate, price_run
from archsim.cost.unpriced import TOTALS, is_unpriced, refuse_unpriced
from archsim.ledger.component import Component
from archsim.ledger.ledger import Ledger
from archsim.readers.digest import note, read_document, seal
from archsim.readers.files import reason
from archsim.readers.versions import current_version
from archsim.run.another_node import inventory_at
from archsim.run.result_schema import check_document
from archsim.run.result_tables import TABLES, result_rows, table_of
from archsim.run.run_facts import Row, RunFacts
from hwlib.errors import InputError, nearest

if TYPE_CHECKING:
    import numpy as np

    from archsim.run.unit_table import UnitTable

FACTS = tuple(RunFacts.__annotations__)
"""What the simulator measures and the caller of `Result.from_run` hands over."""
_COUNTED = ("by_layer", "by_phase", "busy_fractions")  # which the document holds with their prices


def limited_by(resources: Sequence[Row], cycles: int | None) -> Row | None:
    """The busiest resource and the bound that it sets: its busy cycles (of a port, of a tile of a
    layer), fewer than which no order of the same work takes. None where nothing was timed."""
    rows = [row for row in resources if row["total_cycles"]]
    if not cycles or not rows:
        return None
    bounds = {row["name"]: -(-row["busy_cycles"] * cycles // row["total_cycles"]) for row in rows}
    busiest = max(bounds, key=bounds.__getitem__)
    return {"resource": busiest, "at_least_cycles": bounds[busiest]}


class Result:
    """One run. Every key of the JSON document reads as an attribute: `result.area_mm2`,
    `result.cycles`.

    `area_mm2`, `energy_j`, `power_uw`, `by_component`, `by_layer` and `by_phase` are those of the
    chip boundary; what lies off the chip stands beside them (`by_component_off_chip`,
    `off_chip_energy_j`) and in `boundaries.system`.
    """

    document: Row
    outputs: np.ndarray | None
    """Output of the network with real data, (images, *output shape); None without."""
    reference_outputs: np.ndarray | None
    """The same from a plain NumPy forward pass."""

    # what runs on what
    schema: int
    version: str
    network: str
    architecture: str
    scheme: str | None
    phase: str
    batch: int
    images: int
    node_nm: float
    clock_mhz: float
    seed: int
    activity: str
    settings: Row
    notes: list[str]
    unused: list[str]
    # time; None where nothing was timed
    timing: bool
    cycles: int | None
    latency_s: float | None
    latency_per_image_s: float | None
    interval_per_image_s: float | None
    utilisation: float | None
    limited_by: Row | None
    # counts
    tiles: int
    tiles_without: dict[str, int]
    operations: int
    tile_operations: float
    # prices of the chip boundary, and of the others; a reference run has none of them
    area_mm2: float
    area_mm2_range: list[float]
    energy_j: float
    energy_per_image_j: float
    power_uw: float | None
    power_uw_range: list[float] | None
    static_power_uw: float
    dynamic_power_uw: float | None
    boundaries: dict[str, Row]
    # tables
    by_component: dict[str, Row]
    by_component_off_chip: dict[str, Row]
    by_layer: list[Row]
    by_phase: dict[str, Row]
    inventory: list[Row]
    figures: list[Row]
    ledger: list[Row]
    resources: list[Row]
    stalls: dict[str, int]
    timeline: list[Row]
    roofline: Row
    placement: list[Row]
    # of a training only
    dataset: str
    device: str | None
    epochs: list[Row]
    accuracy_percent: float | None
    writes_per_device: float
    activity_file: str | None
    training: Row
    setup: Row

    def __init__(
        self,
        document: Row,
        outputs: np.ndarray | None = None,
        reference_outputs: np.ndarray | None = None,
    ) -> None:
        object.__setattr__(self, "document", document)
        object.__setattr__(self, "outputs", outputs)
        object.__setattr__(self, "reference_outputs", reference_outputs)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(
            f"a result is what was measured: '{name}' cannot be assigned; `to_dict()` gives a "
            "document of your own"
        )

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"a result is what was measured: '{name}' cannot be deleted")

    @classmethod
    def from_run(
        cls,
        facts: RunFacts,
        inventory: Sequence[Component],
        ledger: Ledger,
        setup: Row | None = None,
    ) -> Result:
        """Price a finished run.

        Args:
            facts: what the simulator knows.
            inventory: the components on the chip.
            ledger: the actions that were counted.
            setup: what is done once (`soc.setup`), not priced yet.

        Returns:
            the `Result`, every number priced.

        Raises:
            InputError: for a node out of range.
            RuntimeError: for facts that are missing or a ledger that cannot be priced.
        """
        if set(facts) != set(FACTS):
            raise RuntimeError(
                f"facts of a run missing or unknown: {sorted(set(facts) ^ set(FACTS))}"
            )
        cycles = facts["cycles"]
        document: Row = {
            "schema": current_version("result"),
            "version": VERSION,
            "timing": cycles is not None,
        }
        document |= {key: value for key, value in _ordered(facts) if key not in _COUNTED}
        seconds = None if cycles is None else cycles / (facts["clock_mhz"] * 1e6)
        document["latency_s"] = seconds
        document["latency_per_image_s"] = None if seconds is None else seconds / facts["images"]
        document["limited_by"] = limited_by(facts["resources"], cycles)
        document["by_layer"] = [dict(row) for row in facts["by_layer"]]
        document["by_phase"] = {
            phase: {"cycles": count} for phase, count in facts["by_phase"].items()
        }
        document["by_component"] = {
            name: {"busy_fraction": share} for name, share in facts["busy_fractions"].items()
        }
        document["ledger"] = ledger.to_rows()
        if setup is not None:
            document["setup"] = setup
        return cls(fill_prices(document, inventory, ledger))

    # A type checker knows the fields above, and takes a misspelt one for what it is.
    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> object:
            document = self.__dict__.get("document", {})
            if name in TOTALS and is_unpriced(document):
                raise AttributeError(
                    f"a reference run has no {name}: no device holds its weights; it is null in the document"
                )
            if name in document:
                return document[name]
            raise AttributeError(f"a result has no '{name}'; {nearest(name, document)}")

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self.document})

    def __repr__(self) -> str:
        return (
            f"Result({self.document.get('network')} on {self.document.get('architecture')}, "
            f"{self.document.get('phase')})"
        )

    def _repr_html_(self) -> str:
        """The headline as a notebook shows it: value, and low to high of its prices."""
        document = self.document
        area, energy, power = (
            "–" if document.get(name) is None else f"{document[name]:.4g} {unit}"
            for name, unit in (("area_mm2", "mm²"), ("energy_per_image_j", "J"), ("power_uw", "µW"))
        )
        cycles = "not timed" if self.cycles is None else f"{self.cycles:,} cycles"
        accuracy = self.document.get("accuracy_percent")
        facts: list[tuple[str, str, list[float] | None]] = [
            ("area", area, document.get("area_mm2_range")),
            ("energy an image", energy, None),
            ("power", power, document.get("power_uw_range")),
            ("time", cycles, None),
        ]
        facts += [("accuracy", f"{accuracy:.2f} %", None)] if accuracy is not None else []
        rows = "".join(
            f"<tr><th>{name}</th><td>{text}</td><td>{_span_text(span)}</td></tr>"
            for name, text, span in facts
        )
        return f"<p><b>{escape(repr(self))}</b></p><table>{rows}</table>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Result) and self.document == other.document

    __hash__ = None  # type: ignore[assignment]  # results are compared by value: none is a key

    def inventory_components(self) -> list[Component]:
        """The components that were on the chip."""
        rows = self.document["inventory"]
        return [
            Component(r["component"], r["part"], dict(r["parameters"]), r["count"], r["boundary"])
            for r in rows
        ]

    def estimate(self) -> Estimate:
        """The stored ledger priced afresh with the hwlib of today.

        Returns:
            the `Estimate`: area, energy and power with their ranges, and what each rests on.

        Raises:
            InputError: where its parts have changed since, and for a reference run.
        """
        document = self.document
        refuse_unpriced(document)
        ledger = Ledger.from_rows(document["ledger"])
        try:
            return price_run(
                self.inventory_components(),
                ledger,
                node_nm=document["node_nm"],
                clock_mhz=document["clock_mhz"],
                cycles=document["cycles"],
                images=document["images"],
            )
        except RuntimeError as fault:
            raise InputError(
                f"cannot be priced by this version of archsim ({fault})",
                where="result",
                got=document["version"],
            ) from None

    def reprice(self, node_nm: float) -> Result:
        """The same run at another node, without simulating: cycles and clock stay.

        Args:
            node_nm: the node in nm.

        Returns:
            a new `Result`, with a note of what was done.

        Raises:
            InputError: outside the scaling law's range, and for a reference run.
        """
        refuse_unpriced(self.document)
        document = copy.deepcopy(self.document)
        stored = self.inventory_components()
        inventory, note = stored, ""
        if node_nm != document["node_nm"]:
            inventory, note = inventory_at(document, stored, node_nm)
            text = (
                f"re-priced at {node_nm:g} nm; cycles and clock are those of the run at "
                f"{document['node_nm']:g} nm"
            )
            document["notes"] = [*document["notes"], f"{text}; {note}" if note else text]
        self.estimate()  # refuses a ledger that cannot be priced
        document["node_nm"] = float(node_nm)
        return Result(fill_prices(document, inventory, Ledger.from_rows(document["ledger"])))

    def rows(self, kind: str) -> list[Row]:
        """The rows of one table.

        Args:
            kind: component, layer, phase, resource, figure, ledger or placement.

        Returns:
            a dict a row; numbers in the unit that the column's name ends in (`energy_j`).

        Raises:
            InputError: for another kind, with the nearest one.
        """
        return result_rows(self.document, kind)

    def table(self, kind: str = "component") -> UnitTable:
        """One table as a pandas DataFrame that shows its units and goes to LaTeX.

        Args:
            kind: component, layer, phase, resource, figure, ledger or placement.

        Returns:
            a DataFrame with the columns of `rows(kind)`; `attrs["units"]` holds their units, and
            `to_latex()` and a notebook show them in the headings: energy (nJ).

        Raises:
            InputError: for another kind, with the nearest one.
        """
        return table_of(self.rows(kind), f"{self!r}: {kind}")

    def to_dict(self) -> Row:
        """The JSON document."""
        return self.document

    def to_json(self) -> str:
        """The document as strict JSON, with its digest."""
        return json.dumps(seal(self.document), indent=1, allow_nan=False)

    def files(self) -> dict[str, str]:
        """The result as files, name -> text: result.json and one CSV a table."""
        return {"result.json": self.to_json() + "\n"} | {
            f"{kind}.csv": csv_text(self.rows(kind)) for kind in TABLES
        }

    def save(self, folder: str | Path) -> Path:
        """Write `files()`, each whole or not at all.

        Args:
            folder: where to; made where it is not there.

        Returns:
            the folder.

        Raises:
            InputError: where that cannot be.
        """
        return write_files(folder, self.files())

    @classmethod
    def load(cls, path: str | Path) -> Result:
        """Read a result; warns (`StoredNote`) of one without digest or prices.

        Args:
            path: a result file, or a folder with a result.json.

        Returns:
            the `Result`.

        Raises:
            InputError: for anything that is not a result, whose digest does not fit, or that does
                not agree with its own ledger and prices.
        """
        path = Path(path)
        try:
            path = path / "result.json" if path.is_dir() else path
            missing = not os.path.lexists(path)
        except (OSError, ValueError) as fault:
            raise InputError(f"cannot read the result ({reason(fault)})", where=str(path)) from None
        if missing:
            raise InputError(
                "no such result",
                where=str(path),
                hint="write one with: archsim run NETWORK --out DIR",
            )
        return cls(proven(*read_document(path, "result"), str(path)))


def _ordered(facts: RunFacts) -> list[tuple[str, Any]]:
    """Facts in the order of the document."""
    return sorted(facts.items(), key=lambda item: FACTS.index(item[0]))


def proven(document: object, sealed: bool, where: str) -> Row:
    """A result's document that was read, without its digest, which it had where it is `sealed`:
    checked against its form and its sums.

    Raises:
        InputError: for the first thing that is not as it must be.
    """
    checked = check_document(document, where)
    added_up = check_sums(checked, where)
    missing = [word for word, there in (("digest", sealed), ("prices", added_up)) if not there]
    if missing:
        note(
            f"{where}: stored without {' and '.join(missing)}; "
            + ("its sums were checked" if not added_up else "its ledger was added up again")
        )
    return checked


def _span_text(span: list[float] | None) -> str:
    return "" if span is None else f"{span[0]:.3g} – {span[1]:.3g}"
