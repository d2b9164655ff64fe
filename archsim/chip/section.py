"""What every group of settings of a chip has in common, and the ranges that several fields share."""

from __future__ import annotations

from typing import Annotated, Self

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
        # A section is checked as a part of its chip: its own validator is made where it is asked
        # for alone, which no run does.
        defer_build=True,
    )

    @classmethod
    def usual(cls) -> Self:
        """The section with every field at its default, which needs no check."""
        return cls.model_construct()
