"""The weights that a training left, for other programs: an ONNX file, a PyTorch module."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from archsim.run.trained_weights import trained_tensors
from workloads.onnx_writer import write_onnx

if TYPE_CHECKING:
    from archsim.run.trained_weights import Weights
    from workloads.network import Network


def export_onnx(network: Network, weights: Weights, path: str | Path) -> Path:
    """Write a network with trained weights as an ONNX file.

    Args:
        network: whose layers they belong to.
        weights: as `infer` takes them; several devices of a weight are averaged, statistics of
            normalisations are folded in.
        path: of the file.

    Returns:
        the path.

    Raises:
        InputError: for an operator that is not written, and as `infer` for the weights.
    """
    return write_onnx(network, trained_tensors(network, weights).tensors, path)


def export_torch(network: Network, weights: Weights) -> Any:
    """A network with trained weights as a PyTorch module; arguments and faults as `export_onnx`."""
    from workloads.torch_writer import to_torch

    # PyTorch is imported there and nowhere else.
    return to_torch(network, trained_tensors(network, weights).tensors)
