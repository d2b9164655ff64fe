"""Forms in which a run writes its events."""

from __future__ import annotations

import importlib

from archsim.soc.observers import FORMATS, EventFormat
from docs.from_code.markdown import code, docstring, page, table

INTRODUCTION = """Options of `archsim run` that write the events of a run ([timing](../timing.md#looking-at-a-run)); a form of
[your own](../learn/my_event_format.md) is one file."""


def events_page() -> str:
    """One section a form."""
    heads = ("option", "usual ending", "writes")
    rows = ((code(form.option), code(form.suffix), form.help) for form in FORMATS)
    return page("Event formats", INTRODUCTION, table(heads, rows), *map(_form, FORMATS))


def _form(form: EventFormat) -> str:
    module, _, name = form.writer.partition(":")
    path = f"archsim.soc.observers.{module}"
    writer = getattr(importlib.import_module(path), name)
    return f"## `{form.option}`\n\n{docstring(writer)}\n\nClass `{path}.{name}`."
