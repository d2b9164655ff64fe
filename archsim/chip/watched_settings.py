"""A chip's description that notes which of its settings are read."""

from __future__ import annotations

from functools import cached_property, lru_cache
from types import FunctionType, MethodType, TracebackType
from typing import TYPE_CHECKING, Any, Self

from pydantic import BaseModel

if TYPE_CHECKING:
    from archsim.chip.config import Architecture

_OWN = "_watched"
_PLAIN = (str, int, float, bool, type(None))


class Watch:
    """Notes what is read of a chip, until it ends.

    `chip` stands for the description: its fields, properties and methods, whose own reads are noted
    as well. `read` has the values by dotted path; `whole` says that a group of settings was taken as
    one, to copy or to compare, so that every setting in it may matter.
    """

    def __init__(self, chip: Architecture):
        self.read: dict[str, Any] = {}
        self.whole = False
        self._records: list[_Watched] = []
        self.chip: Any = self.record(chip, "")

    def record(self, record: BaseModel, path: str) -> _Watched:
        """What stands for a group of settings at a path, which ends with a dot."""
        watched = _Watched(record, path, self)
        self._records.append(watched)
        return watched

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trail: TracebackType | None,
    ) -> None:
        # What was made may hold one of these: what it read later would be noted nowhere.
        for watched in self._records:
            watched.__dict__.clear()


class _Watched:
    """A group of settings, watched. Each is noted once: afterwards it stands here."""

    def __init__(self, record: BaseModel, path: str, watch: Watch):
        self.__dict__[_OWN] = record, path, watch

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return type(self._of()[0])

    def _of(self) -> tuple[BaseModel, str, Watch]:
        try:
            own: tuple[BaseModel, str, Watch] = self.__dict__[_OWN]
        except KeyError:
            raise RuntimeError("a setting is read after the stage that may read it") from None
        return own

    def __getattr__(self, name: str) -> Any:
        record, path, watch = self._of()
        if name in type(record).__pydantic_fields__:
            value = getattr(record, name)
            if isinstance(value, BaseModel):
                value = watch.record(value, f"{path}{name}.")
            else:
                watch.read[path + name] = value
        else:
            value = self._law(name, record, path, watch)
        self.__dict__[name] = value
        return value

    def _law(self, name: str, record: BaseModel, path: str, watch: Watch) -> Any:
        """What follows from settings: worked out here, so that its reads are noted."""
        base, law = _law_of(type(record), name)
        if base is BaseModel:
            watch.whole = True
            return getattr(record, name)
        if isinstance(law, property) and law.fget is not None:
            return law.fget(self)
        if isinstance(law, FunctionType):
            return MethodType(law, self)
        value = getattr(record, name)
        if isinstance(law, cached_property):
            # a word may have been set from outside, as a name of the description is
            if not isinstance(value, _PLAIN):
                return law.func(self)
            watch.read[path + name] = value
        return value

    def __eq__(self, other: object) -> bool:
        raise TypeError("settings are compared one by one where they are watched")

    __hash__ = None  # type: ignore[assignment]


@lru_cache(maxsize=4096)
def _law_of(kind: type, name: str) -> tuple[type | None, Any]:
    """What a class of settings has under a name besides its fields, as it is written there, and
    which of its bases has it."""
    return next(
        ((base, vars(base)[name]) for base in kind.__mro__ if name in vars(base)), (None, None)
    )
