"""What is known of a reader of files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.fuzz.mutate import Mutation


@dataclass(frozen=True)
class Reader:
    """`files` are what its folder holds, `name` the one that is mutated, `read` what is done with
    the path of that file;
    `weight` its share of the inputs: what takes long gets few."""

    files: dict[str, bytes]
    name: str
    read: Callable[[Path], object]
    structure: Mutation
    weight: int = 5


def one(
    name: str, content: bytes, read: Callable[[Path], object], structure: Mutation, weight: int = 5
) -> Reader:
    """The reader of a file that needs no other."""
    return Reader({name: content}, name, read, structure, weight)
