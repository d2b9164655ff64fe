"""The two ways in which PyTorch writes a module as ONNX."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

NEWER = "torch.export"
OLDER = "TorchScript"
EXPORTERS = (NEWER, OLDER)
OPSET = 17
"""Of the older exporter; the newer one chooses its own."""


def program_of(module: Any, inputs: tuple[Any, ...]) -> torch.export.ExportedProgram:
    """The module as PyTorch's own graph. Raises whatever PyTorch raises where it cannot."""
    with _quiet(), torch.no_grad():
        return torch.export.export(module, inputs)


def write_newer(program: torch.export.ExportedProgram, inputs: tuple[Any, ...], path: Path) -> None:
    """Write a graph as ONNX by the newer exporter."""
    with _quiet(), torch.no_grad():
        written = torch.onnx.export(program, inputs, dynamo=True, verbose=False)
        written.save(str(path), external_data=False)


def write_older(module: Any, inputs: tuple[Any, ...], path: Path) -> None:
    """Write a module as ONNX by the older exporter."""
    with _quiet(), torch.no_grad():
        torch.onnx.export(
            module, inputs, str(path), dynamo=False, opset_version=OPSET, verbose=False
        )


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Both exporters talk a lot."""
    # one operator for a whole layer, which no exporter knows
    torch.backends.mha.set_fastpath_enabled(False)
    before = logging.root.manager.disable
    logging.disable(logging.ERROR)
    try:
        with (
            warnings.catch_warnings(),
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
