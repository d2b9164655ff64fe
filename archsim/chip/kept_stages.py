"""Stages of building a chip that are taken from a chip before, where all settings are the same that
they read: a sweep changes few, and most of a chip follows from others.

What a stage depends on is not written down, where it would be forgotten some day: it is seen as the
stage reads it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

from archsim.chip.kept_parts import KeptParts
from archsim.chip.watched_settings import Watch
from hwlib.pricing import edition

if TYPE_CHECKING:
    from archsim.chip.config import Architecture

Made = TypeVar("Made")
MOST = 500_000
"""Rows (tiles, counts, work of a core) that are kept in all: some 100 MB."""
_ROWS_OF_KEY = 100
_MOST_FORMS = 16


class BuildStage(NamedTuple):
    """A stage: what makes it of a chip and of what else is given, and how many rows that has."""

    make: Callable[..., Any]
    rows: Callable[[Any], int]


class BuildStages(Protocol):
    """What makes a stage, or has it; `parts` are those of the inventory that it has."""

    @property
    def parts(self) -> KeptParts | None: ...

    def __call__(self, stage: BuildStage, chip: Architecture, *given: Any) -> Any: ...


class _Afresh:
    parts = None

    def __call__(self, stage: BuildStage, chip: Architecture, *given: Any) -> Any:
        return stage.make(chip, *given)


afresh = _Afresh()
"""Makes a stage, keeping nothing: for one chip."""


class _Kept(NamedTuple):
    """What was made, and what its key names by their places in memory."""

    made: Any
    given: tuple[Any, ...]
    rows: int


class _Form:
    """The settings that a stage read, as paths: another choice may make it read others."""

    def __init__(self, read: Mapping[str, Any]):
        tables = [path for path, value in read.items() if isinstance(value, Mapping)]
        plain = [path for path in read if path not in tables]
        self.paths = frozenset(read)
        # the class stands there so that even one path gives a tuple
        self._plain = attrgetter("__class__", "__class__", *plain)
        self._tables = [attrgetter(path) for path in tables]

    def key(self, chip: Architecture) -> tuple[Any, ...] | None:
        """The values of a chip; None where it has no such settings."""
        try:
            values = self._plain(chip)
            tables = [get(chip) for get in self._tables]
        except AttributeError:
            return None
        # 1, 1.0 and True are equal, and not the same setting
        return values, tuple(map(type, values)), tuple(map(_table_key, tables))


def _table_key(table: Any) -> Any:
    """A table by its names and by which records it holds: equal ones may be two."""
    return tuple((name, id(value)) for name, value in table.items())


class KeptStages:
    """Stages of the chips before, the last of them."""

    def __init__(self, most: int = MOST):
        self.most = most
        self.rows = 0
        self.parts = KeptParts()
        self._lock = threading.Lock()  # a worker may have several threads
        self._forms: dict[BuildStage, list[_Form]] = {}
        self._kept: dict[tuple[Any, ...], _Kept] = {}

    def __call__(self, stage: BuildStage, chip: Architecture, *given: Any) -> Any:
        """The result of a stage, of this chip or of one that it takes for the same.

        Args:
            stage: pure: of the chip's settings and of what is given.
            chip: its settings.
            given: what else it takes; by identity.

        Returns:
            what it makes; shared, so nobody changes it.

        Raises:
            InputError: as the stage does, each time.
            RuntimeError: where what it made reads settings later.
        """
        where = stage, edition(), tuple(map(id, given))
        for form in self._forms.get(stage, ()):
            kept = self._look_up(form, where, chip)
            if kept is not None:
                return kept.made
        with Watch(chip) as watch:
            made = stage.make(watch.chip, *given)
        if not watch.whole:
            form = self._form(stage, watch.read)
            key = *where, form.paths, form.key(chip)
            self._keep(key, _Kept(made, (given, chip), _ROWS_OF_KEY + stage.rows(made)))
        return made

    def _look_up(self, form: _Form, where: tuple[Any, ...], chip: Architecture) -> _Kept | None:
        key = form.key(chip)
        if key is None:
            return None
        try:
            return self._kept.get((*where, form.paths, key))
        except TypeError:  # a record or a list among the values is no key
            return None

    def _form(self, stage: BuildStage, read: Mapping[str, Any]) -> _Form:
        forms = self._forms.setdefault(stage, [])
        paths = frozenset(read)
        form = next((form for form in forms if form.paths == paths), None)
        if form is None:
            form = _Form(read)
            forms.insert(0, form)
            del forms[_MOST_FORMS:]
        return form

    def _keep(self, key: tuple[Any, ...], kept: _Kept) -> None:
        try:
            hash(key)
        except TypeError:  # no key: made each time
            return
        with self._lock:
            before = self._kept.get(key)
            self._kept[key] = kept
            self.rows += kept.rows - (before.rows if before else 0)
            while self.rows > self.most and self._kept:
                # the first in is the first out
                self.rows -= self._kept.pop(next(iter(self._kept))).rows
