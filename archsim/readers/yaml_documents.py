"""Documents of YAML, of other simulators: plain data alone, bounded, without references.

A reference may stand for more than any file holds, and a tag for any object: both are refused.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from archsim.readers.documents import DEEPEST, check_values
from archsim.readers.files import decoded, read_bytes
from hwlib.errors import InputError
from hwlib.text import one_line

LARGEST_YAML = 200_000
"""Bytes of one file: a layer of the largest published problems has a twentieth of them, and PyYAML
takes three seconds for as many."""


def parse_yaml(text: str, where: str) -> Any:
    """A YAML document.

    Raises:
        InputError: without the package yaml; for bad syntax (with the line), references, tags, a key
            that stands twice, several documents, deep nesting and huge numbers.
    """
    try:
        import yaml
    except ImportError:
        raise InputError(
            "reading YAML needs the package PyYAML", where=where, hint="pip install 'archsim[yaml]'"
        ) from None

    class Plain(yaml.SafeLoader):  # type: ignore[misc]  # PyYAML brings no types
        depth = 0

        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.events.AliasEvent):
                raise InputError(
                    "references are not read", where=where, got=f"*{self.peek_event().anchor}"
                )
            # refused here: unwinding Python's own limit of a thousand calls takes most of a second
            if self.depth > DEEPEST:
                raise InputError(
                    "is not valid YAML: nested too deeply",
                    where=where,
                    allowed=f"up to {DEEPEST} levels",
                )
            self.depth += 1
            node = super().compose_node(parent, index)
            self.depth -= 1
            return node

        def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
            table: dict[Any, Any] = {}
            for key_node, value_node in node.value:
                key = self.construct_object(key_node, deep=True)
                # PyYAML keeps the last of two equal keys, which nobody would notice.
                if not isinstance(key, str | int) or key in table:
                    raise InputError(
                        "not a key, or one that stands twice", where=where, got=str(key)
                    )
                table[key] = self.construct_object(value_node, deep=True)
            return table

    try:
        document = yaml.load(text, Loader=Plain)
    except RecursionError:
        raise InputError(
            "is not valid YAML: nested too deeply", where=where, allowed=f"up to {DEEPEST} levels"
        ) from None
    except yaml.YAMLError as fault:
        raise InputError(f"is not valid YAML ({one_line(str(fault))[:200]})", where=where) from None
    except ValueError as fault:
        if isinstance(fault, InputError):
            raise
        raise InputError(f"is not valid YAML ({one_line(str(fault))[:200]})", where=where) from None
    check_values(document, where, finite=False)
    return document


def read_yaml_text(path: str | Path) -> str:
    """The text of a YAML file of at most `LARGEST_YAML` bytes."""
    return decoded(read_bytes(path, LARGEST_YAML), path)
