"""What every group of settings of a chip has in common, and the ranges that several fields share."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Count = Annotated[int, Field(ge=1, le=1_000_000)]
Cycles = Annotated[int, Field(ge=0, le=10_000_000)]
Bits = Annotated[int, Field(ge=1, le=32)]
Replicas = Annotated[int, Field(ge=1, le=64)]


class Section(BaseModel):
    """A group of settings: unknown fields are refused, values are never coerced from another type."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        # the text under a field is its description, in the manual and in the JSON Schema
        use_attribute_docstrings=True,
    )
