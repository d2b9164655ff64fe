"""The source of an update scheme as a digest: its file with all that it imports from beside it, or
what a notebook cell holds.

Taken when a scheme is first asked for, so that it is that of the code which runs, not of a file
that was edited since.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.machinery
import inspect
import sys
import sysconfig
import types
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from archsim.basics.version import VERSION

if TYPE_CHECKING:
    from archsim.schemes.base import Scheme

# What is installed has a version of its own and is not edited between two runs.
_INSTALLED = tuple(
    sysconfig.get_paths()[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")
)
_digests: dict[type, str] = {}


def is_own(kind: type[Scheme]) -> bool:
    """Whether a scheme does not come with archsim."""
    return not kind.__module__.startswith("archsim.")


def scheme_digest(kind: type[Scheme]) -> str:
    """The digest of a scheme's source; the version of archsim for those that come with it."""
    if not is_own(kind):
        return f"archsim {VERSION}"
    if kind not in _digests:
        _digests[kind] = _digest_of(kind)
    return _digests[kind]


def known_as(kind: type[Scheme], digest: str) -> None:
    """A class that came from another process, which knows its source."""
    _digests[kind] = digest


def _digest_of(kind: type) -> str:
    digest = hashlib.sha256()
    for own in filter(is_own, kind.__mro__):
        file = _file_of(own)
        if own.__module__.split(".")[0] in sys.stdlib_module_names or (
            file and file.startswith(_INSTALLED)
        ):
            continue
        paths = sorted(_closure(Path(file))) if file and Path(file).is_file() else []
        for path in paths:
            content = path.read_bytes()
            digest.update(f"{path.name} {len(content)}\n".encode() + content)
        if not paths:
            digest.update(_text_of(own))
    return digest.hexdigest()[:16]


def _file_of(kind: type) -> str | None:
    """Where the code of a class stands: a cell is no file, whatever file its `__main__` was started
    from.
    """
    codes = [
        value.__code__.co_filename for value in vars(kind).values() if inspect.isfunction(value)
    ]
    return codes[0] if codes else getattr(sys.modules.get(kind.__module__), "__file__", None)


def _text_of(kind: type) -> bytes:
    """The source of a class without a file: what a notebook keeps of its cell, or else its compiled
    functions.
    """
    try:
        return inspect.getsource(kind).encode() + b"".join(sorted(_code(kind)))
    except (OSError, TypeError):
        return b"".join(sorted(_code(kind)))


def _code(kind: type) -> Iterator[bytes]:
    """The compiled functions of a class, and those of its cell that they call by name."""
    seen: set[int] = set()
    waiting = [value for value in vars(kind).values() if inspect.isfunction(value)]
    while waiting:
        function = waiting.pop()
        if id(function) in seen:
            continue
        seen.add(id(function))
        yield from _code_of(function.__code__)
        for name in function.__code__.co_names:
            called = function.__globals__.get(name)
            if getattr(called, "__module__", None) != kind.__module__:
                continue
            if inspect.isfunction(called):
                waiting.append(called)
            elif inspect.isclass(called):
                waiting += [value for value in vars(called).values() if inspect.isfunction(value)]


def _code_of(code: types.CodeType) -> Iterator[bytes]:
    plain = [
        repr(constant) for constant in code.co_consts if not isinstance(constant, types.CodeType)
    ]
    yield f"{code.co_name} {code.co_names} {plain}".encode() + code.co_code
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            yield from _code_of(inner)


def _closure(first: Path) -> set[Path]:
    """A file and the files of what it imports, as far as these are nobody's installed package."""
    reached: set[Path] = set()
    waiting = [first.absolute()]
    while waiting:
        path = waiting.pop()
        if path in reached:
            continue
        reached.add(path)
        try:
            tree = ast.parse(path.read_bytes())
        except (OSError, SyntaxError, ValueError):
            continue
        waiting += [file for name in _imported(tree) for file in _files_of(name, path.parent)]
    return reached


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            stem = node.module or ""
            yield stem
            yield from (f"{stem}.{alias.name}".strip(".") for alias in node.names)


def _files_of(name: str, beside: Path) -> Iterator[Path]:
    """The files that an import of `name` reads: of each package on the way its own."""
    parts = name.split(".")
    if (
        not name
        or parts[0] in ("archsim", "hwlib", "workloads")
        or parts[0] in sys.stdlib_module_names
    ):
        return
    for depth in range(1, len(parts) + 1):
        loaded = getattr(sys.modules.get(".".join(parts[:depth])), "__file__", None)
        stem = beside.joinpath(*parts[:depth])
        candidates = [Path(loaded)] if loaded else [stem.with_suffix(".py"), stem / "__init__.py"]
        if not loaded and depth == 1:
            spec = importlib.machinery.PathFinder.find_spec(parts[0])
            candidates += [Path(spec.origin)] if spec and spec.origin else []
        for path in candidates:
            if (
                path.suffix == ".py"
                and path.is_file()
                and not str(path.absolute()).startswith(_INSTALLED)
            ):
                yield path.absolute()
                break
