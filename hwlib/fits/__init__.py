"""Laws that are fitted to rows of published circuits, and can be fitted again without some of them.

In: `column_converters.csv`, `column_amplifiers.csv`, `column_lines.csv` and `cell_currents.csv`,
one published circuit a row with its source. Out: figures of the four, `column_adc_fit.*` and so on,
which `python -m hwlib.fits` writes to files of these names in `hwlib/figures/`. Begin with `fit`;
`converters.py` says how. `without` prices everything as if some groups of rows (a chip, a study)
had not been published: what a chip is then predicted with has not seen it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator
from dataclasses import replace

from hwlib.errors import unknown
from hwlib.figures import load_figures
from hwlib.fits.amplifiers import fit_amplifiers, read_amplifiers
from hwlib.fits.converters import fit_converters
from hwlib.fits.currents import FILES, fit_currents, read_currents
from hwlib.fits.family import Fitted
from hwlib.fits.rows import read_rows
from hwlib.pricing import forget_prices
from hwlib.units import to_base


def groups() -> tuple[str, ...]:
    """What can be left out: the groups of rows, in the order of the files."""
    names = [row.group for row in read_rows()]
    names += [row.group for row in read_amplifiers()]
    names += [row.group for file in FILES.values() for row in read_currents(file)]
    # One chip may have rows in several files: it is left out of all at once.
    return tuple(dict.fromkeys(names))


def fit(excluding: Collection[str] = ()) -> dict[str, Fitted]:
    """Every fitted figure.

    Args:
        excluding: groups of rows that are not seen (`groups()`).

    Returns:
        name of the figure -> value, 5 and 95 %, unit, groups that it rests on.

    Raises:
        InputError: for a group that there is not.
    """
    for group in excluding:
        if group not in groups():
            raise unknown("group of rows", group, groups(), "hwlib.fits")
    return fit_converters(excluding) | fit_amplifiers(excluding) | fit_currents(excluding)


@contextlib.contextmanager
def without(excluding: Collection[str]) -> Iterator[dict[str, Fitted]]:
    """While it lasts, the library's fitted figures are those without some groups of rows.

    Args:
        excluding: groups of rows that are not seen.

    Yields:
        the figures that hold.
    """
    figures = load_figures()
    printed = dict(figures)
    fitted = fit(excluding)
    try:
        for name, one in fitted.items():
            value, low, high = (to_base(x, one.unit)[0] for x in (one.value, one.low, one.high))
            # The one dict of the library: every law that is asked meanwhile reads these.
            figures[name] = replace(figures[name], value=value, low=low, high=high, raw=one.value)
        forget_prices()
        yield fitted
    finally:
        figures.update(printed)
        # Prices kept meanwhile rest on the other fit.
        forget_prices()
