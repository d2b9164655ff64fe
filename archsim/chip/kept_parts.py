"""Parts of an inventory, which are taken from a chip before where all values that a part follows are the
same: a sweep changes few. What a part follows stands in its entry (`ComponentSettings.followed`).
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Hashable, Mapping
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any

from archsim.chip.parameters import named_derived
from archsim.ledger.component import Component
from hwlib.pricing import edition

if TYPE_CHECKING:
    from archsim.chip.component_settings import ComponentSettings
    from archsim.chip.config import Architecture

MOST = 50_000
"""Parts that are kept: some 100 MB with their components."""
_MOST_ENTRIES = 2_000
_MOST_COUNTS = 64


class MadePart:
    """The part of a role, whatever there are of it.

    Args:
        name: of its components.
        entry: of the role.
        values: of its parameters.
        area_um2: of one.
    """

    __slots__ = ("area_um2", "components", "_entry", "_name", "_values")

    def __init__(
        self, name: str, entry: ComponentSettings, values: dict[str, Any], area_um2: float
    ):
        self.area_um2 = area_um2
        self._name = name
        self._entry = entry
        self._values = values
        self.components: dict[int, Component] = {}

    def times(self, count: int) -> Component:
        """So many of it; of the same number the same record, which stands in `components`."""
        component = self.components.get(count)
        if component is None:
            entry = self._entry
            if len(self.components) >= _MOST_COUNTS:
                self.components.clear()
            component = Component(self._name, entry.part, self._values, count, entry.boundary)
            self.components[count] = component
        return component


class _Followed:
    """What takes the values that an entry follows from a chip and from what is derived."""

    __slots__ = ("derived", "entry", "settings")

    def __init__(self, entry: ComponentSettings):
        self.entry = entry  # kept, so that no other has its place in memory
        values = entry.followed.values()
        derived = [name for name in map(named_derived, values) if name]
        settings = [value[1:].strip() for value in values if not named_derived(value)]
        # one that is always there, twice: a single name would not give a tuple
        self.derived = itemgetter("cores", "cores", *derived)
        self.settings = attrgetter("__class__", "__class__", *settings)


class KeptParts:
    """Parts of the chips before, the last of them."""

    def __init__(self, most: int = MOST):
        self.most = most
        self._followed: dict[int, _Followed] = {}
        self._made: dict[Hashable, MadePart] = {}
        self._around: dict[Hashable, int] = {}
        self._numbers = itertools.count()
        self._lock = threading.Lock()  # a worker may have several threads

    def around(self, node_nm: float, conditions: Mapping[str, object]) -> int:
        """A number for what all parts of a chip have in common: its node, its conditions and the
        figures of the day."""
        # as text, in which 1 and 1.0 differ
        key = node_nm, repr(conditions), edition()
        number = self._around.get(key)
        if number is None:
            with self._lock:
                if len(self._around) >= _MOST_ENTRIES:  # no number is given twice
                    self._around.clear()
                number = self._around.setdefault(key, next(self._numbers))
        return number

    def find(
        self,
        name: str,
        around: int,
        entry: ComponentSettings,
        chip: Architecture,
        derived: Mapping[str, float],
    ) -> tuple[Hashable, MadePart | None]:
        """A part, if it is kept.

        Args:
            name: of its components.
            around: as `around` has it.
            entry: by identity.
            chip: whose settings it may follow.
            derived: from them.

        Returns:
            the key under which it is kept, None for a part that follows what is not there, or is no
            number or word; and the part.
        """
        followed = self._followed.get(id(entry))
        if followed is None:
            if len(self._followed) >= _MOST_ENTRIES:
                # what was made holds its entry, so that no other has its place there either
                self._followed.clear()
            followed = self._followed[id(entry)] = _Followed(entry)
        try:
            values = followed.derived(derived) + followed.settings(chip)
            # 1, 1.0 and True are equal, and not the same parameter
            key = name, around, id(entry), values, tuple(map(type, values))
            return key, self._made.get(key)
        except (AttributeError, KeyError, TypeError):
            return None, None

    @staticmethod
    def key_of(
        name: str, around: int, entry: ComponentSettings, values: Mapping[str, Any]
    ) -> Hashable:
        """The key of a part whose values are known; None where one is no number or word."""
        key = name, around, id(entry), tuple(values.items()), tuple(map(type, values.values()))
        try:
            hash(key)
        except TypeError:
            return None
        return key

    def get(self, key: Hashable) -> MadePart | None:
        """The part of a key, if it is kept."""
        return self._made.get(key)

    def keep(self, key: Hashable, made: MadePart) -> None:
        """Keep a part; the first in is the first out."""
        if key is None:
            return
        with self._lock:
            while len(self._made) >= self.most:
                self._made.pop(next(iter(self._made)))
            self._made[key] = made
