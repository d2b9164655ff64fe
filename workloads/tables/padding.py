"""Are the windows of a layer table padded? Such a file has no padding, so one reading is chosen for
the whole of it, from its sizes.

Three ways to write a network are met: sizes without padding, for layers that pad ("same"); sizes of
layers that do not pad; and sizes that hold the padding already, as SCALE-Sim's authors ask. The
last two are computed alike, without padding ("none").
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hwlib.errors import InputError, nearest
from workloads.tables.topology import named

READINGS = ("auto", "none", "same")
Pair = tuple[int, int]
_START = "no padding column: "


@dataclass(frozen=True, slots=True)
class WindowLine:
    """One line of the table: (height, width) of its input, kernel and stride."""

    name: str
    size: Pair
    kernel: Pair
    stride: Pair

    @property
    def spans(self) -> bool:
        """A kernel as large as its input: a matrix product, or a text's window. Nobody pads those."""
        return any(reach > 1 and reach == length for reach, length in zip(self.kernel, self.size))

    @property
    def can_pad(self) -> bool:
        return self.kernel != (1, 1) and not self.spans

    def same(self) -> Pair:
        if not self.can_pad:
            return self.none()
        return _pair(-(-length // step) for length, step in zip(self.size, self.stride))

    def none(self) -> Pair:
        return _pair(
            (length - reach) // step + 1
            for length, reach, step in zip(self.size, self.kernel, self.stride)
        )

    def held(self) -> Sequence[Pair]:
        """What a size that holds its padding already has more than the map: all of the kernel, or
        what a stride leaves of it.
        """
        if not self.can_pad:
            return ((0, 0),)
        whole = _pair(reach - 1 for reach in self.kernel)
        return whole, _pair(max(0, reach - step) for reach, step in zip(self.kernel, self.stride))


@dataclass(slots=True)
class _Fits:
    """Layers whose successor follows from them: with padding, without it, and without it where
    sizes hold the padding.
    """

    same: int = 0
    none: int = 0
    held: int = 0
    pairs: int = 0


def check_reading(padding: object) -> str:
    """`padding` where it is a reading (None is auto). Raises InputError with the nearest one."""
    padding = "auto" if padding is None else padding
    if padding not in READINGS:
        raise InputError(
            "unknown reading of the padding",
            where="padding",
            got=padding,
            allowed=READINGS,
            hint=nearest(str(padding), READINGS),
        )
    return str(padding)


def choose_reading(windows: Sequence[WindowLine]) -> tuple[str, str]:
    """("same" or "none", the note that says so) for a whole file."""
    free = [window for window in windows if window.can_pad]
    if not free:
        return "none", "nothing is padded: every kernel is 1x1 or spans its input"
    fits = _count(windows)
    without = max(fits.none, fits.held)
    why = (
        f"of {fits.pairs} pairs of layers {fits.same} fit it, {without} the other"
        if fits.pairs
        else "no two layers to tell it by"
    )
    # Where as many layers fit either, none is the plainer reading: the file says no padding.
    same = fits.same > without
    if fits.same == without and fits.held > fits.none:
        # Maps halve from stage to stage, so the sizes that divide by two more often are those of
        # the maps.
        same = sum(_halvings(window.same()) - _halvings(window.none()) for window in free) >= 0
    if same:
        note = (
            f"padding read as 'same' in the whole file ({why}); --padding none counts as SCALE-Sim "
            "itself does"
        )
        return "same", _START + note + _against(windows, True)
    why = (
        f"of {fits.pairs} pairs of layers {without} fit it, {fits.same} the other"
        if fits.pairs
        else why
    )
    kind = "sizes hold it already" if fits.held > fits.none else "as SCALE-Sim counts"
    return (
        "none",
        f"{_START}padding read as none in the whole file, {kind} ({why}); --padding "
        f"overrules{_against(windows, False)}",
    )


def _count(windows: Sequence[WindowLine]) -> _Fits:
    fits = _Fits()
    for window, following in zip(windows, windows[1:]):
        if window.can_pad or following.can_pad:
            fits.pairs += 1
            fits.same += _follows(window.same(), following)
            fits.none += _follows(window.none(), following)
            fits.held += any(_follows(window.none(), following, more) for more in following.held())
    return fits


def _follows(output: Pair, following: WindowLine, more: Pair = (0, 0)) -> bool:
    """True where the next input is this output, as it is or pooled by two, `more` added to it.

    A pooling window of three, which loses one more of an even map, is believed where nothing else
    is added only.
    """
    wanted = _pair(length - extra for length, extra in zip(following.size, more))
    # Pooling by two cuts an odd map off.
    smaller = [_pair(length // 2 for length in output)]
    if more == (0, 0):
        smaller.append(_pair((length - 1) // 2 for length in output))
    return min(wanted) > 0 and wanted in (output, *smaller)


def _against(windows: Sequence[WindowLine], same: bool) -> str:
    """The layers whose successor follows from the other reading only."""
    other = []
    for window, following in zip(windows, windows[1:]):
        if not window.can_pad or window.same() == window.none():
            continue
        padded = _follows(window.same(), following)
        bare = _follows(window.none(), following) or any(
            _follows(window.none(), following, more) for more in following.held()
        )
        if bare and not padded if same else padded and not bare:
            other.append(window.name)
    return f". The other reading fits these better{named(other)}" if other else ""


def _halvings(size: Pair) -> int:
    length = min(size) if min(size) < 1 else size[0] | size[1]
    # The lowest bit set of either side: how often both can be halved.
    return (length & -length).bit_length() if length > 0 else 0


def _pair(numbers: Iterable[int]) -> Pair:
    first, second = numbers
    return first, second
