"""Update schemes from outside the package: a file that the user names, and packages that are
installed.

Code runs only where a user asks for it by name: `--scheme my_scheme.py` on the command line,
`load_scheme_file` in Python, or an installed package with an entry point of the group
`archsim.schemes`. A network, chip, space, study, trace or result file names schemes, never files.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib.machinery
import importlib.metadata
import importlib.util
import sys
import traceback
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from archsim.readers.files import read_bytes
from archsim.schemes.source import is_own, known_as, scheme_digest
from hwlib.errors import InputError

if TYPE_CHECKING:
    from archsim.schemes.base import Scheme

GROUP = "archsim.schemes"
PREFIX = "archsim_own_"
LARGEST_FILE = 10_000_000  # bytes
# By path: the digest of what stood in the file, and the scheme's class. The file that was named
# last stands last.
_loaded: dict[Path, tuple[str, type[Scheme]]] = {}


def scheme_name(text: str) -> str:
    """The name of a scheme that a user wrote: itself, or that of the scheme in a `.py` file, which
    is run.
    """
    return load_scheme_file(text) if text.endswith(".py") else text


def scheme_names(texts: Iterable[str]) -> list[str]:
    """The names of schemes that are used side by side. Raises InputError where two files give
    theirs the same name.
    """
    text_of: dict[str, str] = {}
    names = []
    for text in texts:
        name = scheme_name(text)
        if text_of.setdefault(name, text) != text:
            raise InputError(
                "two update schemes have the same name",
                where="scheme",
                got=name,
                allowed=(text_of[name], text),
                hint="change the name in one of the files",
            )
        names.append(name)
    return names


def load_scheme_file(path: str | Path) -> str:
    """Run a Python file that registers one scheme, once for each content that it has, and give the
    scheme's name.

    Another file's scheme of the same name gives way: the name is that of the file which was named
    last. Raises InputError where the file cannot be read or run, where it registers no scheme, or
    several, or one with the name of a scheme that is no file's.
    """
    from archsim.schemes import list_schemes
    from archsim.schemes.base import SCHEMES

    path = Path(path).absolute()
    try:
        content = read_bytes(path, LARGEST_FILE)
    except InputError as fault:
        raise InputError(
            "no such file with an update scheme", where="scheme", got=str(path), hint=fault.what
        ) from None
    list_schemes()  # so that the file's scheme cannot take the name of one of archsim
    digest = hashlib.sha256(f"{path}\n".encode() + content).hexdigest()[:16]
    known = _loaded.pop(path, None)
    if known is not None and known[0] == digest:
        kind = known[1]
    else:
        if known is not None and SCHEMES.get(known[1].name) is known[1]:
            del SCHEMES[known[1].name]
        kind = _run(path, content, f"{PREFIX}{path.stem}_{digest}")
    _loaded[path] = digest, kind
    SCHEMES[kind.name] = kind
    scheme_digest(kind)  # of what was run with what it imports, whatever is edited from now on
    return kind.name


def _run(path: Path, content: bytes, module_name: str) -> type[Scheme]:
    """The class that the file registers; the table of schemes is left as it was."""
    from archsim.schemes.base import SCHEMES

    before = dict(SCHEMES)
    for name, kind in before.items():
        if kind.__module__.startswith(PREFIX):
            del SCHEMES[name]
    loader = _Content(module_name, str(path), content)
    spec = importlib.util.spec_from_file_location(module_name, path, loader=loader)
    assert spec is not None, "a loader was given"
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module  # before it runs: dataclasses and pydantic look there
    try:
        loader.exec_module(module)
        kinds = [kind for kind in SCHEMES.values() if kind.__module__ == module_name]
        if len(kinds) != 1:
            raise InputError(
                "a file of an update scheme registers exactly one",
                where=str(path),
                got=[kind.name for kind in kinds] or None,
                hint="put @register from archsim.schemes.base above its class",
            )
        return kinds[0]
    except InputError:
        del sys.modules[module_name]
        raise
    except Exception as error:
        del sys.modules[module_name]
        lines = [
            frame.lineno
            for frame in traceback.extract_tb(error.__traceback__)
            if frame.filename == str(path)
        ]
        where = f"{path}:{lines[-1]}" if lines else str(path)
        raise InputError(
            f"the file of the update scheme cannot be run ({type(error).__name__}: {error})",
            where=where,
        ) from None
    finally:
        SCHEMES.clear()
        SCHEMES.update(before)


class _Content(importlib.machinery.SourceFileLoader):
    """Loads what was read, and nothing that Python kept of an earlier content: its .pyc files tell
    contents apart by size and second.
    """

    def __init__(self, name: str, path: str, content: bytes):
        super().__init__(name, path)
        self.content = content

    def get_data(self, path: str) -> bytes:
        return self.content

    def path_stats(self, path: str):
        raise OSError("not kept")


def own_schemes() -> tuple[list[str], list[tuple[type[Scheme], str]]]:
    """What `take_over` needs in a process that works for this one: files that were loaded here, and
    the other classes that were registered, with the digest of their source: a module's go by its
    name, those of a notebook or a script by what they are.
    """
    from archsim.schemes.base import SCHEMES

    classes = [
        (kind, scheme_digest(kind))
        for kind in SCHEMES.values()
        if is_own(kind) and not kind.__module__.startswith(PREFIX)
    ]
    # files in the order in which they were named: the last has the name
    return [str(path) for path in _loaded], classes


def is_installed(kind: type[Scheme]) -> bool:
    """Whether a scheme is an entry point of an installed package."""
    return any(
        entry.value.split(":")[0] == kind.__module__
        for entry in importlib.metadata.entry_points(group=GROUP)
    )


def refuse_unknown_there(kinds: Iterable[type[Scheme]]) -> None:
    """Raises InputError where the workers of a cluster would not know a scheme that only this
    process does.
    """
    for kind in kinds:
        if is_own(kind) and not is_installed(kind):
            raise InputError(
                "the workers of a cluster do not know this scheme",
                where="scheme",
                got=kind.name,
                hint=f"install it there as a package with an entry point of the group {GROUP}, or "
                "leave --cluster away",
            )


def take_over(files: Sequence[str], classes: Sequence[tuple[type[Scheme], str]]) -> None:
    """Know the schemes of another process. One that cannot be loaded here is unknown here, which
    says so where it is asked for.
    """
    from archsim.schemes.base import register

    for path in files:
        with contextlib.suppress(InputError):
            load_scheme_file(path)
    for kind, digest in classes:
        known_as(register(kind), digest)


@functools.cache
def load_installed() -> None:
    """Import the schemes of installed packages, once. Raises InputError for a package whose scheme
    cannot be imported.
    """
    for entry in importlib.metadata.entry_points(group=GROUP):
        try:
            entry.load()
        except Exception as error:
            package = entry.dist.name if entry.dist else entry.value
            raise InputError(
                "the update scheme of an installed package cannot be imported "
                f"({type(error).__name__}: {error})",
                where=f"entry point {GROUP}: {entry.name} = {entry.value}",
                got=package,
                hint=f"repair or uninstall {package}",
            ) from None
