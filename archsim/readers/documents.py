"""Documents of text, JSON and TOML: bounded in bytes, depth and digits, without a key twice, and
never more than data.
"""

from __future__ import annotations

import json
import math
import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any, NoReturn

from archsim.readers.files import LARGEST_TEXT, decoded, read_bytes
from hwlib.errors import InputError
from hwlib.text import one_line

DEEPEST = 60
"""Levels of nesting. No format of ours has ten; recursive readers stay far from the end of the stack."""
LARGEST_BITS = 1000
"""Bits of a whole number: far above every count, and still within a float."""
_MOST_DOTS = 50
# tomllib takes time by the square of the parts of a dotted key; starts at the beginning of a key
# only, so that it is linear itself
_ENDLESS_KEY = re.compile(rf"""(?<![\w"'.\-])(?:[\w"'\-]++[ \t]*+\.[ \t]*+){{{_MOST_DOTS}}}""")


def read_json(path: str | Path, largest: int = LARGEST_TEXT) -> Any:
    """The document of a JSON file of at most `largest` bytes. Raises InputError as `parse_json`
    does.
    """
    return parse_json(read_bytes(path, largest), str(path))


def parse_json(content: bytes, where: str) -> Any:
    """A JSON document. Raises InputError for what is not UTF-8 or not JSON, for NaN and infinity, a
    key that stands twice, numbers of hundreds of digits, nesting deeper than DEEPEST levels, and
    half of a character.
    """
    try:
        document = json.loads(
            decoded(content, where), parse_constant=_refuse_constant, object_pairs_hook=_once
        )
    except InputError:
        raise
    except RecursionError:
        raise InputError(
            "not valid JSON: nested too deeply", where=where, allowed=f"up to {DEEPEST} levels"
        ) from None
    except ValueError as fault:
        raise InputError(f"not valid JSON ({one_line(str(fault))})", where=where) from None
    check_values(document, where, finite=True)
    return document


def read_toml(path: str | Path, largest: int = LARGEST_TEXT) -> dict[str, Any]:
    """The content of a TOML file of at most `largest` bytes. Raises InputError as `parse_toml`
    does.
    """
    return parse_toml(decoded(read_bytes(path, largest), path), str(path))


def parse_toml(text: str, where: str) -> dict[str, Any]:
    """The content of a TOML document. Raises InputError for bad syntax (with the line), endless
    keys and nesting, huge numbers.
    """
    if _ENDLESS_KEY.search(text):
        raise InputError(
            "is not valid TOML: a key of too many parts", where=where, allowed=f"up to {_MOST_DOTS}"
        )
    try:
        content = tomllib.loads(text)
    except RecursionError:
        raise InputError(
            "is not valid TOML: nested too deeply", where=where, allowed=f"up to {DEEPEST} levels"
        ) from None
    except ValueError as fault:  # besides bad syntax, numbers of thousands of digits
        raise InputError(f"is not valid TOML ({one_line(str(fault))})", where=where) from None
    # infinity and NaN are words of TOML: whoever takes the field says what it may be
    check_values(content, where, finite=False)
    return content


def _refuse_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is not a number of JSON")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        times = Counter(name for name, _ in pairs)
        twice = next(name for name, count in times.items() if count > 1)
        raise ValueError(f"the field '{one_line(twice, 60)}' stands there twice")
    return table


def check_values(document: Any, where: str, finite: bool) -> None:
    """Every value within its bounds; one level at a time, so that depth costs no stack."""
    level = [document]
    depth = 0
    while level:
        if (depth := depth + 1) > DEEPEST:
            raise InputError("nested too deeply", where=where, allowed=f"up to {DEEPEST} levels")
        below: list[Any] = []
        for value in level:
            kind = value.__class__
            if kind is dict:
                below += value
                # Keys, above, are texts like any other.
                below += value.values()
            elif kind is list:
                below += value
            elif kind is str:
                # ASCII is asked first: nearly all texts are, and each letter costs.
                if not value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in value):
                    raise _fault(document, where, value, "half of a character (a lone surrogate)")
            elif kind is int:
                if value.bit_length() > LARGEST_BITS:
                    raise _fault(document, where, value, "a number of too many digits")
            elif kind is float and finite and not math.isfinite(value):
                raise _fault(document, where, value, "not a number in range")
        level = below


def _fault(document: Any, where: str, value: Any, what: str) -> InputError:
    """The error for a value with its field path, which is looked for only now."""
    level = [("", document)]
    while level:
        below = []
        for path, item in level:
            if item is value:
                return InputError(what, where=f"{where}: {path}" if path else where, got=value)
            if isinstance(item, dict):
                below += [(f"{path}.{name}" if path else name, each) for name, each in item.items()]
            elif isinstance(item, list):
                below += [(f"{path}[{index}]", each) for index, each in enumerate(item)]
        level = below
    return InputError(what, where=where, got=value)  # a key
