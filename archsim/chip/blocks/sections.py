"""The sections of a chip's description that blocks bring with them."""

from __future__ import annotations

from typing import Any

from pydantic import create_model

from archsim.chip.blocks import blocks
from archsim.chip.section import Section


def with_blocks(sections: type[Section]) -> type[Section]:
    """`sections` with a field for each block that it has none for, all settings at their defaults."""
    added: dict[str, Any] = {
        block.name: (block.section, block.section.usual())
        for block in blocks()
        if block.name not in sections.model_fields
    }
    return create_model("AllSections", __base__=sections, __module__=sections.__module__, **added)
