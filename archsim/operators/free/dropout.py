"""Dropout, which a trained network passes by."""

from __future__ import annotations

from archsim.operators.base import AXES_KEPT, operator
from archsim.operators.moves import Passes


@operator("dropout", onnx={"Dropout": AXES_KEPT})
class Dropout(Passes):
    """The input as it is. In a training it would draw what it drops: no kernel does."""
