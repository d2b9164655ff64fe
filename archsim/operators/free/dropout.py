"""Dropout: in a training, elements that are drawn anew for each image give nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from archsim.operators.arguments import Work, number_of
from archsim.operators.base import AXES_KEPT, TrainingRow, operator
from archsim.operators.elementary import uniform
from archsim.operators.kernels import LayerKernel, LayerWords
from archsim.operators.moves import Passes
from archsim.operators.numbers import np
from archsim.operators.sizes import Output
from hwlib.errors import InputError

if TYPE_CHECKING:
    # For types only: a layer asks its operator, which looks at the layer's sizes.
    from archsim.operators.shapes import Shape
    from archsim.readers.table import Table
    from workloads.network import Layer

USUAL = 0.5
"""The rate where nobody says: that of ONNX and PyTorch."""


def drop(data, window):
    """`words`: the rate, and what is left is multiplied by. `kept`: what each element was."""
    rate = data.words[0]
    for k in range(data.first.shape[0]):
        factor = np.float32(1.0)
        if data.learns:
            drawn = uniform(data.key, np.uint64(k))
            factor = data.words[1] if drawn >= rate else np.float32(0.0)
        data.kept[k] = factor
        data.outputs[k] = data.first[k] * factor


def drop_back(data, window):
    """The errors of what was left, with the same factor."""
    for k in range(data.errors.shape[0]):
        data.first_errors[k] += data.errors[k] * data.kept[k]


DROP = LayerKernel("dropout", drop, drop_back)


@operator("dropout", onnx={"Dropout": AXES_KEPT})
class Dropout(Passes):
    """The input as it is. As errors are taken back, each element is 0 with the probability `rate`, and
    else multiplied by 1 / (1 - rate), so that its mean stays (inverted dropout: Srivastava et al. 2014,
    JMLR 15, 1929-1958, Sec. 10). A test drops nothing.

    A number for an element is a step of a linear congruential generator (Knuth 1997, Sec. 3.2.1) on the
    lane that multiplies it, compared with the rate: that needs no unit that a lane has not. It is
    our choice. Which were left is kept for the way back, a bit an element.
    """

    streams = True
    kernels = (DROP,)
    fields = ("rate",)
    meanings = {"rate": "of `dropout`: probability of an element to be dropped in a training"}

    def infer(self, table: Table, shapes: tuple[Shape, ...]) -> Output:
        rate = table.number("rate") if "rate" in table.values else USUAL
        if fault := self.check_settings({"rate": rate}):
            raise InputError(
                fault, where=f"{table.where}.rate", got=rate, allowed="from 0 to below 1"
            )
        return Output(shapes[0], {"settings": (("rate", rate),)})

    def check_settings(self, settings: Mapping[str, object]) -> str:
        rate = settings.get("rate", USUAL)
        alright = isinstance(rate, int | float) and 0 <= rate < 1
        return "" if alright else "not a rate of dropout"

    def training_work(self, layer: Layer) -> Work:
        n = layer.output_elements
        # the next number, whether it is below the rate, and the factor
        return {"multiply_add": n, "compare": n, "multiply": n} if rate_of(layer) else {}

    def backward_work(self, layer: Layer) -> Work:
        return {"multiply": layer.output_elements} if rate_of(layer) else {}

    def mask_bits(self, layer: Layer) -> int:
        return layer.output_elements if rate_of(layer) else 0

    def training(self, layer: Layer, where: str) -> tuple[TrainingRow, ...]:
        rate = rate_of(layer)
        words = LayerWords(constants=(rate, 1 / (1 - rate)))
        return (TrainingRow(DROP, kept=layer.output_elements, words=words),)


def rate_of(layer: Layer) -> float:
    """The probability of an element to be dropped."""
    return float(number_of(layer, "rate", USUAL))
