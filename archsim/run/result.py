"""The result of a run: the JSON document with its numbers as attributes, tables, files, and
re-pricing.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from archsim.basics.files import csv_text, write_files
from archsim.cost.estimate import Estimate
from archsim.cost.unpriced import TOTALS, is_unpriced
from archsim.ledger.component import Component
from archsim.ledger.ledger import Ledger
from archsim.readers.digest import seal
from archsim.run.another_node import components_of, estimate_of, repriced
from archsim.run.document import document_of
from archsim.run.fact_tables import Row
from archsim.run.headline import headline_table
from archsim.run.result_fields import ResultFields
from archsim.run.result_tables import TABLES, result_rows, table_of
from archsim.run.run_facts import RunFacts
from archsim.run.stored import stored_document
from hwlib.errors import nearest

if TYPE_CHECKING:
    import numpy as np

    from archsim.run.unit_table import UnitTable


class Result(ResultFields):
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
        return cls(document_of(facts, inventory, ledger, setup))

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
        """The headline as a notebook shows it."""
        return f"<p><b>{escape(repr(self))}</b></p>{headline_table(self.document)}"

    def __eq__(self, other: object) -> bool:
        # every number is the same by either engine, and which of them ran may rest on earlier runs
        return isinstance(other, Result) and _measured(self) == _measured(other)

    __hash__ = None  # type: ignore[assignment]  # results are compared by value: none is a key

    def inventory_components(self) -> list[Component]:
        """The components that were on the chip."""
        return components_of(self.document)

    def estimate(self) -> Estimate:
        """The stored ledger priced afresh with the hwlib of today.

        Returns:
            the `Estimate`: area, energy and power with their ranges, and what each rests on.

        Raises:
            InputError: where its parts have changed since, and for a reference run.
        """
        return estimate_of(self.document)

    def reprice(self, node_nm: float) -> Result:
        """The same run at another node, without simulating: cycles and clock stay.

        Args:
            node_nm: the node in nm.

        Returns:
            a new `Result`, with a note of what was done.

        Raises:
            InputError: outside the scaling law's range, and for a reference run.
        """
        return Result(repriced(self.document, node_nm))

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
        return cls(stored_document(path))


def _measured(result: Result) -> Row:
    return {key: value for key, value in result.document.items() if key != "engine"}
