"""A device out of measured curves, as `fit` returns it and as `archsim fit` writes it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

from archsim.basics.files import write_files
from archsim.devices.fit.document import MeasuredCurves, device_file, fit_document, measured_curves
from archsim.devices.fit.fit import DeviceFit, fit_device
from archsim.devices.fit.measured import read_measured, read_table
from archsim.readers.call_types import takes_its_types
from hwlib.errors import InputError, is_finite
from hwlib.text import html_table

AUTO = "auto"
NAME = re.compile(r"[A-Za-z0-9_-]{1,80}")


@dataclass(frozen=True, slots=True)
class FittedDevice:
    """A device with its spreads, and how well each law that was tried describes the measurement.

    Args:
        name: of the device, in its file.
        device_fit: all that was fitted; `device_fit.fits` are the laws, best first.
        curves: the measurement beside the fit, by direction, in weight units.
    """

    name: str
    device_fit: DeviceFit = field(repr=False)
    curves: MeasuredCurves = field(repr=False)

    @property
    def law(self) -> str:
        """The device law: the one that was asked for, or the one that the residuals suggest."""
        return self.device_fit.chosen.law

    @property
    def parameters(self) -> Mapping[str, float | str]:
        """The parameters of the law, in its own units (`archsim show device`)."""
        return self.device_fit.parameters

    @property
    def residual(self) -> float:
        """Root mean square of measurement minus fit, as a share of the window."""
        return self.device_fit.chosen.residual

    @property
    def notes(self) -> tuple[str, ...]:
        """What was assumed, and which option overrules it."""
        return self.device_fit.notes

    def to_dict(self) -> dict[str, Any]:
        """The document that `archsim fit --json` prints."""
        return fit_document(self.device_fit, self.curves)

    def toml(self) -> str:
        """The device file, which every command and verb takes as its device."""
        return device_file(self.device_fit, self.name, self.curves)

    def files(self) -> dict[str, str]:
        """By name: the device file and `fit.json`, which holds all numbers."""
        document = json.dumps(self.to_dict(), indent=1, allow_nan=False) + "\n"
        return {f"{self.name}.toml": self.toml(), "fit.json": document}

    def save(self, folder: str | Path) -> Path:
        """Write the files into a folder.

        Args:
            folder: where; it is made if it is not there.

        Returns:
            The path of the device file, to be given as `device` to `train` or `simulate`.

        Raises:
            InputError: where that cannot be.
        """
        return write_files(folder, self.files()) / f"{self.name}.toml"

    def __repr__(self) -> str:
        return (
            f"FittedDevice({self.name}: {self.law}, residual "
            f"{100 * self.residual:.2f} % of the window)"
        )

    def _repr_html_(self) -> str:
        rows = [
            (name, value if isinstance(value, str) else f"{value:.5g}")
            for name, value in self.parameters.items()
        ]
        told = "".join(f"<p>{escape(note)}</p>" for note in self.notes)
        return f"<p><b>{escape(repr(self))}</b></p>{html_table(('parameter', 'value'), rows)}{told}"


@takes_its_types()
def fit(
    table: Any,
    law: str | Sequence[str] = AUTO,
    *,
    name: str | None = None,
    fixed: Mapping[str, float] | None = None,
    reading_noise: str = "instrument",
) -> FittedDevice:
    """Fit device laws to measured conductances (extra `fit`).

    Args:
        table: the path of a CSV, or its columns by name as a mapping or a pandas DataFrame, whose
            `attrs` are the facts of the measurement. Columns: device, cycle, direction (up, down,
            hold), pulse, time_s (s) and conductance_us (µS; or conductance_s, _ms, _ns,
            resistance_ohm).
        law: one law, several to choose from, or `auto`: all.
        name: of the device; that of the file without it, `fitted` for a table in memory.
        fixed: parameters of the law that are known and keep their values.
        reading_noise: whose the noise of the readings is: `instrument` leaves it out of the
            device, `device` takes it in.

    Returns:
        The device: its law, parameters with spreads, residuals of every law, and its file.

    Raises:
        InputError: for a table that is not such a measurement, an unknown law or parameter, a
            name that no file can have, and where scipy is missing.
    """
    path = Path(table) if isinstance(table, str | Path) else None
    name = _name_of(name, path)
    # Before the table is read and fitted, which takes minutes.
    known = {key: _number(value, key) for key, value in (fixed or {}).items()}
    laws = (law,) if isinstance(law, str) else tuple(law)
    if AUTO in laws:
        if len(laws) > 1:
            raise InputError("auto tries every law", where="law", got=", ".join(laws))
        laws = ()
    measured = read_table(table) if path is None else read_measured(path)
    # Behind the table, whose faults can be told without it.
    _need_scipy()
    device_fit = fit_device(measured, laws, fixed=known, reading_noise=reading_noise)
    return FittedDevice(name, device_fit, measured_curves(device_fit))


def _name_of(name: str | None, path: Path | None) -> str:
    if name is None:
        # A file's name may be anything; a name that was given is refused and not bent.
        name = re.sub(r"[^A-Za-z0-9_-]+", "_", path.stem) if path else "fitted"
    if not NAME.fullmatch(name):
        raise InputError(
            "not a name of a device",
            where="name",
            got=name,
            allowed="letters, digits, _ and -, up to 80",
        )
    return name


def _number(value: Any, name: str) -> float:
    if not is_finite(value):
        raise InputError("a number", where=f"fixed parameter {name}", got=value)
    return float(value)


def _need_scipy() -> None:
    try:
        import scipy.optimize  # noqa: F401
    except ImportError:
        raise InputError("fitting needs scipy", hint="pip install 'archsim[fit]'") from None
