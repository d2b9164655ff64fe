"""Layer normalisation (Ba, Kiros & Hinton 2016, arXiv 1607.06450): over the features of a position."""

from __future__ import annotations

from archsim.operators.base import AXES_OWN, operator
from archsim.operators.normalisation import OverLastAxes


@operator("layer_norm", onnx={"LayerNormalization": AXES_OWN})
class LayerNorm(OverLastAxes):
    """Mean 0 and variance 1 over the last axes of the image."""
