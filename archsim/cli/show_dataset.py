"""A data set, as JSON and for the terminal. Nothing is downloaded for it."""

from __future__ import annotations

from collections.abc import Iterator

from archsim.cli.output import Described
from hwlib.errors import InputError


def describe_dataset(name: str, node_nm: float | None, settings: dict[str, str]) -> Described:
    """Sizes, classes, source and where the files lie (null where they are not here). Raises
    InputError for an unknown name.
    """
    from workloads.datasets import list_datasets, load_dataset
    from workloads.datasets.catalogue import catalogue
    from workloads.datasets.load import dataset_files

    source = catalogue().get(name)
    if source is None:
        # Embedded, or a file of one's own: its numbers are only known from itself.
        data = load_dataset(name, download=False)
        return {
            "name": data.name,
            "title": list_datasets().get(name, ""),
            "source": data.source,
            "image_shape": list(data.image_shape),
            "train_images": len(data.train_labels),
            "test_images": len(data.test_labels),
            "classes": data.classes,
            "class_names": list(data.class_names),
            "files": [],
            "here": True,
            "notes": list(data.notes),
        }
    try:
        files = [str(path) for path in dataset_files(name)]
        note = []
    except InputError:
        files = None
        note = [f"not here yet: archsim data fetch {name}"]
    train, test = source.images
    return {
        "name": name,
        "title": source.title,
        "source": source.source,
        "image_shape": list(source.image_shape),
        "train_images": train,
        "test_images": test,
        "classes": len(source.class_names),
        "class_names": list(source.class_names),
        "files": files,
        "here": files is not None,
        "notes": note,
    }


def draw_dataset(document: Described) -> Iterator[object]:
    """The data set for the terminal."""
    from rich.table import Table
    from rich.text import Text

    head = Text(document["name"], style="bold")
    head.append(f"  {document['title']}\n", style="default")
    head.append(document["source"], style="dim")
    yield head
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    rows = {
        "Image": "×".join(map(str, document["image_shape"])),
        "Training images": f"{document['train_images']:,}",
        "Test images": f"{document['test_images']:,}",
        "Classes": f"{document['classes']}",
        "Names": ", ".join(document["class_names"]),
        "Files": "\n".join(document["files"] or ()),
    }
    for key, value in rows.items():
        if value:
            table.add_row(key, Text(value))
    yield table
    for note in document["notes"]:
        yield Text(f"note: {note}", style="dim")
