"""The reference pages that come from the code: `pages()` gives each as Markdown under its path.

One module a subject; each has a function that returns the text of its page. `docs/build.py` hands
them to Sphinx beside the pages that people wrote.
"""

from __future__ import annotations

from collections.abc import Callable

from docs.from_code.chip_fields import chip_page
from docs.from_code.commands import commands_page
from docs.from_code.devices import devices_page
from docs.from_code.errors import errors_page
from docs.from_code.events import events_page
from docs.from_code.examples import example_pages
from docs.from_code.file_fields import files_page
from docs.from_code.moves import moves_page
from docs.from_code.operators import operators_page
from docs.from_code.parts import parts_page
from docs.from_code.python import python_page
from docs.from_code.schemes import schemes_page
from docs.from_code.sources import sources_page
from docs.from_code.training_fields import training_page

PAGES: dict[str, Callable[[], str]] = {
    "reference/commands.md": commands_page,
    "reference/errors.md": errors_page,
    "reference/python.md": python_page,
    "reference/chip_fields.md": chip_page,
    "reference/moves.md": moves_page,
    "reference/training_fields.md": training_page,
    "reference/file_fields.md": files_page,
    "reference/schemes.md": schemes_page,
    "reference/devices.md": devices_page,
    "reference/operators.md": operators_page,
    "reference/events.md": events_page,
    "reference/parts.md": parts_page,
    "reference/sources.md": sources_page,
}


def pages() -> dict[str, str]:
    """Path under docs/ -> Markdown, of every page that comes from the code."""
    return {path: write() for path, write in PAGES.items()} | example_pages()
