"""A training with its silicon, as the public call gives it."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archsim.run.fact_tables import Row
from archsim.run.result import Result
from archsim.run.result_tables import table_of
from archsim.trace import Activity, Trace
from hwlib.errors import InputError
from hwlib.text import counted

if TYPE_CHECKING:
    from archsim.chip.config import Architecture
    from archsim.run.unit_table import UnitTable
    from archsim.schemes.base import Scheme
    from archsim.training.loop import TrainingResult
    from workloads.network import Network


@dataclass(frozen=True, repr=False)
class Training:
    """What `train` returns. `result` is the silicon (a `Result`) of some training steps with the
    measured activity; its document holds the training too, so that it is saved, loaded and reported
    with it. `assumed` and `trace` are the training step with assumed and with measured activity,
    `activities` the latter by (layer, phase); `trained` is what the training core gave, with the
    weights; `network` what was trained.
    """

    result: Result
    trained: TrainingResult
    assumed: Trace
    trace: Trace
    activities: dict[tuple[str, str], Activity]
    chip: Architecture
    scheme: Scheme
    network: Network | None = None

    def __repr__(self) -> str:
        accuracy = (
            "no epoch finished"
            if self.accuracy_percent is None
            else f"{self.accuracy_percent:.2f} %"
        )
        return (
            f"Training({self.result.network} by {self.scheme.name} on {self.chip.name}: {accuracy} "
            f"after {counted(len(self.epochs), 'epoch')})"
        )

    def _repr_html_(self) -> str:
        return f"<p><b>{escape(repr(self))}</b></p>{self.result._repr_html_()}"

    @property
    def epochs(self) -> list[Row]:
        """The history: epoch, train_error_percent, test_error_percent, train_loss, test_loss,
        images_per_second, images_per_cpu_second, seconds.
        """
        return self.result.epochs

    @property
    def accuracy_percent(self) -> float | None:
        """100 less the test error of the last epoch; None where none was finished."""
        return self.result.accuracy_percent

    @property
    def writes_per_device(self) -> float:
        """Pulses (rpu) or programming operations that a device had in the whole training, mean over
        all devices.
        """
        return self.result.writes_per_device

    @property
    def finished(self) -> bool:
        """False where the training was interrupted."""
        return self.trained.finished

    def rows(self, kind: str = "epoch") -> list[Row]:
        """The rows of one table.

        Args:
            kind: epoch for the history, else a table of the silicon (component, layer, phase, ...).

        Returns:
            a dict a row.

        Raises:
            InputError: for another kind, with the nearest one.
        """
        if kind == "epoch":
            return [dict(row) for row in self.epochs]
        return self.result.rows(kind)

    def table(self, kind: str = "epoch") -> UnitTable:
        """One table as a pandas DataFrame that shows its units and goes to LaTeX.

        Args:
            kind: epoch for the history, else a table of the silicon (component, layer, phase, ...).

        Returns:
            a DataFrame with the columns of `rows(kind)`, their units in `attrs["units"]`.

        Raises:
            InputError: for another kind, with the nearest one.
        """
        return table_of(self.rows(kind), f"{self!r}: {kind}")

    def to_onnx(self, path: str | Path) -> Path:
        """Write the trained network as an ONNX file.

        Args:
            path: of the file.

        Returns:
            the path.

        Raises:
            InputError: for an operator that is not written.
        """
        # here: what reads trained weights takes a training too
        from archsim.run.exported import export_onnx

        return export_onnx(self._trained_network(), self, path)

    def to_torch(self) -> Any:
        """The trained network as a `torch.nn.Module`. Raises InputError for an operator that has no
        part there, and without PyTorch.
        """
        # here: what reads trained weights takes a training too
        from archsim.run.exported import export_torch

        return export_torch(self._trained_network(), self)

    def _trained_network(self) -> Network:
        if self.network is None:
            raise InputError("this training does not hold its network", where="to_onnx")
        return self.network

    def to_dict(self) -> Row:
        """The JSON document."""
        return self.result.to_dict()
