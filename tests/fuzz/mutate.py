"""Mutations of an input: of its bytes, and of its structure (values, fields, lines, cells);
arrays and models have `mutate_files`.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from typing import Any

from archsim.readers.digest import seal, seal_line
from tests.fuzz.vocabulary import NUMBERS, TOKENS, WORDS

Mutation = Callable[[bytes, random.Random], bytes]


def of_bytes(content: bytes, choice: random.Random) -> bytes:
    """One to four changes of bytes."""
    damaged = bytearray(content)
    for _ in range(choice.choice((1, 1, 1, 2, 4))):
        start = choice.randrange(len(damaged) + 1)
        end = min(len(damaged), start + choice.choice((1, 2, 4, 16, 64, 256)))
        kind = choice.randrange(8)
        if kind == 0 and start < len(damaged):
            damaged[start] ^= 1 << choice.randrange(8)
        elif kind == 1:
            damaged[start:end] = choice.randbytes(end - start)
        elif kind == 2:
            del damaged[start:end]
        elif kind == 3:
            damaged[start:start] = choice.choice(TOKENS)
        elif kind == 4:
            damaged[start:end] = choice.choice(TOKENS)
        elif kind == 5:
            other = choice.randrange(len(damaged) + 1)
            damaged[start:start] = damaged[other : other + choice.choice((1, 8, 64, 512))]
        elif kind == 6:
            del damaged[start:]
        else:
            damaged[start:end] = bytes(choice.choice((0, 255, 127)) for _ in range(end - start))
    return bytes(damaged)


def _value(choice: random.Random) -> Any:
    kind = choice.randrange(8)
    if kind < 3:
        return choice.choice(NUMBERS)
    if kind == 3:
        return choice.choice(WORDS)
    if kind == 4:
        return choice.choice([None, True, False])
    if kind == 5:
        return [choice.choice(NUMBERS) for _ in range(choice.randrange(4))]
    if kind == 6:
        return {choice.choice(WORDS): choice.choice(NUMBERS)}
    deep: Any = 1
    for _ in range(choice.choice((3, 70, 300))):
        deep = [deep]
    return deep


def _positions(document: Any) -> list[tuple[Any, Any]]:
    slots = []
    left = [document]
    while left:
        holder = left.pop()
        for key, value in holder.items() if isinstance(holder, dict) else enumerate(holder):
            slots.append((holder, key))
            if isinstance(value, dict | list):
                left.append(value)
    return slots


def change_document(document: Any, choice: random.Random) -> Any:
    """One to three changes of a JSON document, in place."""
    for _ in range(choice.choice((1, 1, 2, 3))):
        positions = _positions(document) if isinstance(document, dict | list) else []
        if not positions:
            return _value(choice)
        holder, key = choice.choice(positions)
        kind = choice.randrange(8)
        if kind < 4:
            value = holder[key]
            if (
                isinstance(value, int | float)
                and not isinstance(value, bool)
                and choice.random() < 0.5
            ):
                holder[key] = value * choice.choice((2, 0, -1, 10, 1 + 1e-6))
            else:
                holder[key] = _value(choice)
        elif kind == 4:
            del holder[key]
        elif kind == 5:
            other, name = choice.choice(positions)
            if name in other if isinstance(other, dict) else name < len(other):
                holder[key] = json.loads(json.dumps(other[name]))
        elif kind == 6 and isinstance(holder, dict):
            holder[choice.choice(WORDS) or "y"] = holder.pop(key)
        elif isinstance(holder, list):
            holder.insert(key, holder[key])
    return document


def of_json(content: bytes, choice: random.Random) -> bytes:
    """A JSON document with other values and fields; its digest is kept, left away, or made anew."""
    document = change_document(json.loads(content), choice)
    if isinstance(document, dict) and "digest" in document:
        kind = choice.randrange(3)
        if kind == 0:
            document.pop("digest")
        elif kind == 1:
            document = seal(document)
    text = json.dumps(document)
    if choice.random() < 0.05:  # a field twice
        text = text.replace("{", '{"schema": 1, ', 1)
    return text.encode("utf-8", "replace")


def of_lines(content: bytes, choice: random.Random) -> bytes:
    """JSON lines: one of them changed, with or without a new digest, dropped, doubled or moved."""
    lines = content.splitlines()
    chosen = choice.randrange(len(lines))
    kind = choice.randrange(6)
    if kind < 3:
        document = json.loads(lines[chosen])
        digest = document.pop("digest" if isinstance(document, dict) else -1)
        document = change_document(document, choice)
        if isinstance(document, list):
            text = json.dumps(document, separators=(",", ":")).encode()
            lines[chosen] = (
                seal_line(text).rstrip() if kind else text[:-1] + b',"%b"]' % digest.encode()
            )
        else:
            lines[chosen] = json.dumps(
                seal(document) if kind and isinstance(document, dict) else document
            ).encode()
    elif kind == 3:
        del lines[chosen]
    elif kind == 4:
        lines.insert(choice.randrange(len(lines)), lines[chosen])
    else:
        lines[chosen] = of_bytes(lines[chosen], choice)
    return b"\n".join(lines) + b"\n"


_NUMBER = re.compile(rb"(?<![\w.])-?\d+(?:\.\d+)?(?:e-?\d+)?")


def of_text(content: bytes, choice: random.Random) -> bytes:
    """Lines of TOML or CSV: values replaced, lines dropped, doubled, moved."""
    lines = content.splitlines(keepends=True) or [b"\n"]
    for _ in range(choice.choice((1, 1, 2, 3))):
        chosen = choice.randrange(len(lines))
        kind = choice.randrange(6)
        if kind < 3:
            numbers = list(_NUMBER.finditer(lines[chosen]))
            new = (
                str(choice.choice(NUMBERS)).encode()
                if choice.random() < 0.8
                else json.dumps(choice.choice(WORDS)).encode()
            )
            if numbers:
                number = choice.choice(numbers)
                lines[chosen] = (
                    lines[chosen][: number.start()] + new + lines[chosen][number.end() :]
                )
            elif b"=" in lines[chosen]:
                lines[chosen] = lines[chosen].split(b"=")[0] + b"= " + new + b"\n"
        elif kind == 3:
            lines[chosen] = b""
        elif kind == 4:
            lines.insert(choice.randrange(len(lines)), lines[chosen])
        else:
            other = choice.randrange(len(lines))
            lines[chosen], lines[other] = lines[other], lines[chosen]
    return b"".join(lines)
