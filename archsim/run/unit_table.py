"""A pandas DataFrame that shows its columns with their units."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas

from archsim.run.result_tables import heading_of


class UnitTable(pandas.DataFrame):  # type: ignore[misc]  # pandas comes without types
    """Rows of a result: a DataFrame like any other, whose columns have the names of the JSON
    document.

    `attrs["units"]` maps columns to units. What a reader sees, in a notebook, in HTML or in LaTeX,
    has them in the headings, with a prefix that suits the numbers: energy (nJ).
    """

    @property
    def _constructor(self) -> Callable[..., UnitTable]:
        return UnitTable  # what is sliced or sorted from a table shows itself as the table does

    def with_units(self) -> pandas.DataFrame:
        """The table as it is shown: a plain DataFrame with units in its headings.

        Returns:
            a DataFrame with columns such as "area (mm²)" or "energy (nJ)", numbers to match.
        """
        shown: dict[str, Any] = {}
        units = self.attrs.get("units", {})
        for name in self.columns:
            column = self[name]
            heading = heading_of(str(name), units.get(name), list(column))
            # A product would make floats of whole numbers.
            shown[heading.text] = column if heading.factor == 1.0 else column * heading.factor
        table = pandas.DataFrame(shown, index=self.index)
        table.attrs = dict(self.attrs)
        return table

    def to_latex(self, buf: Any = None, **options: Any) -> str | None:
        """The table for LaTeX, `booktabs` rules, numbers to four digits.

        Args:
            buf: a path or an open text file; None returns the text.
            options: as those of `pandas.DataFrame.to_latex`; index is off, four digits and escaped
                texts, unless they say otherwise.

        Returns:
            the text, or None where it went into `buf`.
        """
        chosen = {"index": False, "float_format": "{:.4g}".format, "escape": True} | options
        table = self.with_units()
        text: str = table.to_latex(**chosen)
        # µ and ² as pdflatex takes them without a package
        text = text.replace("µ", r"$\mu$").replace("²", "$^2$").replace("Ω", r"$\Omega$")
        if buf is None:
            return text
        if hasattr(buf, "write"):
            buf.write(text)
        else:
            with open(buf, "w", encoding="utf-8") as file:
                file.write(text)
        return None

    def _repr_html_(self) -> str | None:
        html: str | None = self.with_units()._repr_html_()
        return html

    def __repr__(self) -> str:
        return repr(self.with_units())
