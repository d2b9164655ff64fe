"""Update schemes from outside the package: a file that the user names, and packages that are installed.

Code runs only where a user asks for it by name: `--scheme my_scheme.py` on the command line, `load_scheme_file` in Python, or an installed
package with an entry point of the group `archsim.schemes`. A network, chip, space, study, trace or result file names schemes, never files.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib.metadata
import importlib.util
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hwlib.errors import InputError

if TYPE_CHECKING:
    from archsim.schemes.base import Scheme

GROUP = "archsim.schemes"
_HOUSE = "archsim."
_loaded: dict[Path, str] = {}


def _module_name(path: Path) -> str:
    return f"archsim_own_{path.stem}_{hashlib.sha256(str(path).encode()).hexdigest()[:8]}"


def scheme_name(text: str) -> str:
    """The name of a scheme that a user wrote: itself, or that of the scheme in a `.py` file, which is run."""
    return load_scheme_file(text) if text.endswith(".py") else text


def load_scheme_file(path: str | Path) -> str:
    """Run a Python file that registers one scheme, once, and give the scheme's name.

    Raises InputError where it cannot be read or run, and where it registers no scheme, or several.
    """
    from archsim.schemes import list_schemes

    path = Path(path).absolute()
    if path in _loaded:
        return _loaded[path]
    if not path.is_file():
        raise InputError("no such file with an update scheme", where="scheme", got=str(path))
    list_schemes()  # so that the file's scheme cannot take the name of one of archsim
    module_name = _module_name(path)
    spec = importlib.util.spec_from_file_location(module_name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module  # before it runs: dataclasses and pydantic look there
    try:
        spec.loader.exec_module(module)
    except InputError:
        del sys.modules[module_name]
        raise
    except Exception as error:
        del sys.modules[module_name]
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
        where = f"{path}:{lines[-1]}" if lines else str(path)
        raise InputError(f"the file of the update scheme cannot be run ({type(error).__name__}: {error})", where=where) from None
    from archsim.schemes.base import SCHEMES

    names = [name for name, kind in SCHEMES.items() if kind.__module__ == module_name]
    if len(names) != 1:
        raise InputError("a file of an update scheme registers exactly one", where=str(path), got=names or None,
                         hint="put @register from archsim.schemes.base above its class")
    _loaded[path] = names[0]
    return names[0]


def own_schemes() -> tuple[list[str], list[type[Scheme]]]:
    """What `take_over` needs in a process that works for this one: files that were loaded here, and the other classes that were
    registered: a module's go by its name, those of a notebook or a script by what they are."""
    from archsim.schemes.base import SCHEMES

    files = {_module_name(path): str(path) for path in _loaded}
    return list(files.values()), [kind for kind in SCHEMES.values() if is_own(kind) and kind.__module__ not in files]


def is_own(kind: type[Scheme]) -> bool:
    """Whether a scheme does not come with archsim."""
    return not kind.__module__.startswith(_HOUSE)


def is_installed(kind: type[Scheme]) -> bool:
    """Whether a scheme is an entry point of an installed package."""
    return any(entry.value.split(":")[0] == kind.__module__ for entry in importlib.metadata.entry_points(group=GROUP))


def take_over(files: Sequence[str], classes: Sequence[type[Scheme]]) -> None:
    """Know the schemes of another process. One that cannot be loaded here is unknown here, which says so where it is asked for."""
    from archsim.schemes.base import register

    for path in files:
        with contextlib.suppress(InputError):
            load_scheme_file(path)
    for kind in classes:
        register(kind)


@functools.cache
def load_installed() -> None:
    """Import the schemes of installed packages, once. Raises InputError for a package whose scheme cannot be imported."""
    for entry in importlib.metadata.entry_points(group=GROUP):
        try:
            entry.load()
        except Exception as error:
            package = entry.dist.name if entry.dist else entry.value
            raise InputError(f"the update scheme of an installed package cannot be imported ({type(error).__name__}: {error})",
                             where=f"entry point {GROUP}: {entry.name} = {entry.value}", got=package,
                             hint=f"repair or uninstall {package}") from None
