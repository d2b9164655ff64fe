"""Root-mean-square normalisation (Zhang & Sennrich 2019, arXiv 1910.07467): no mean is taken off."""

from __future__ import annotations

from archsim.operators.base import AXES_OWN, operator
from archsim.operators.normalisation import OverLastAxes


@operator("rms_norm", onnx={"RMSNormalization": AXES_OWN})
class RmsNorm(OverLastAxes):
    """x over the root of its mean square over the last axes, times a scale."""

    centred = False
