"""Every field of a training: --set training.FIELD=VALUE."""

from __future__ import annotations

from archsim.training.settings import TrainingSettings
from docs.from_code.chip_fields import HEADS, cells
from docs.from_code.markdown import page, table
from docs.from_code.settings import field_rows

INTRODUCTION = """`--set training.FIELD=VALUE` in `archsim train`, `compare` and `explore`, and fields of `[training]` in a study.
What stands in the chip as well (converter bits, noise, bounds, train length) is the chip's, and a change here is of the training alone;
see [training](../training.md). A rate, a mini-batch or first weights that nobody names are those that the scheme suggests."""


def training_page() -> str:
    """One table."""
    rows = (cells(row) for row in field_rows(TrainingSettings))
    return page("Fields of a training", INTRODUCTION, table(HEADS[:-1], rows))
