"""A scheme, as JSON and as tables."""

from __future__ import annotations

from collections.abc import Iterator

from archsim.cli.output import Described
from archsim.cli.parameter_table import table_box


def describe_scheme(name: str, node_nm: float | None, settings: dict[str, str]) -> Described:
    """What an update rule declares. Raises InputError for an unknown name."""
    from archsim.chip import load_architecture
    from archsim.schemes import load_scheme
    from archsim.schemes.own_file import scheme_name

    scheme = load_scheme(scheme_name(name))
    return {
        "name": scheme.name,
        "title": scheme.title,
        "source": scheme.source,
        "description": " ".join((type(scheme).__doc__ or "").split()),
        "transposed_read": scheme.transposed_read,
        "settings": scheme.model_dump(mode="json"),
        # What a rule adds depends on the chip: the one that it names for itself.
        "components": scheme.parts(load_architecture(scheme.default_chip)),
    }


def draw_scheme(document: Described) -> Iterator[object]:
    """The scheme for the terminal."""
    from rich.table import Table
    from rich.text import Text

    head = Text(document["name"], style="bold")
    head.append(f"  {document['title']}\n", style="default")
    head.append(document["source"], style="dim")
    yield head
    yield Text(document["description"])
    table = Table(
        "Setting",
        "Default",
        box=table_box(),
        title="Settings (--set scheme.NAME=VALUE)",
        title_justify="left",
    )
    for key, value in document["settings"].items():
        table.add_row(key, Text(str(value)))
    yield table
    for role, row in document["components"].items():
        yield Text(
            f"adds {role}: part {row['part']}, {row['count']:g} a {row['per']}, inside the "
            f"{row['boundary']} boundary"
        )
