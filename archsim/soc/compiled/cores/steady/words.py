"""What a word of the state has to be a period later, and what it is many periods later.

One walk over the state does three things by the same statements, so that nothing is moved that was
not compared: it keeps the words (KEEP), holds them against those kept (COMPARE), or moves them by many
periods (SKIP).
"""

from __future__ import annotations

from archsim.kernels.compiled import kernel
from archsim.soc.compiled.access import get
from archsim.soc.compiled.tables import STEADY, STEADY_FRACTION, STEADY_WORD

AT_RESULTS = 1
AT_INPUTS = 2
"""When the state of a run is looked at: as results of steps are through; of writes, whose time on the
tiles is now one cycle more and now one less, as inputs arrive."""
LEAST_STEPS = 16
"""Of an operation that is looked at: shorter ones are over before anything is steady."""
KEPT_STATES = 16
BLOCK = 1 << 6
STATE_WORDS = 1 << 17
STATE_FRACTIONS = 1 << 8
"""Words of each of the states that are kept; of a larger one no period is found."""

AMPLE = 2
"""Cycles that tiles waited for what to write: another that takes one more delays nobody."""

# What a walk does.
KEEP = 0
COMPARE = 1
SKIP = 2

# What a word is: the same; a cycle, a period later; one that nobody can tell from any other that is
# over (PAST); one that is set in each period, or was before all of them (LAST); a sum,
# which grows; a number of steps of the run, or of one of its copies.
SAME = 0
CYCLE = 1
PAST = 2
LAST = 3
SUM = 4
STEPS = 5
TURNS = 6


@kernel
def state_word(tables, kind, value):
    """The word of the state that comes next, and what it is after this walk."""
    steady = get(tables, STEADY, 0)
    if steady.cursor == STATE_WORDS:
        steady.differs = 1
        return value
    # states lie beside each other, a block of each: far apart, each would wait for memory of its own
    block = (steady.cursor // BLOCK) * KEPT_STATES + steady.slot
    word = get(tables, STEADY_WORD, block * BLOCK + steady.cursor % BLOCK)
    steady.cursor += 1
    if steady.walk == KEEP:
        word.kept = value
        return value
    grown = value - word.kept
    if steady.walk == COMPARE:
        word.seen = value
        if not _is_steady(kind, word.kept, grown, steady):
            steady.differs = 1
        return value
    if kind == SAME or (kind in (PAST, LAST) and word.seen <= steady.since):
        return value  # nobody set it in this period, nor will in the next
    if kind == PAST:
        return word.seen + steady.shift
    # from what was seen: two lanes may have the same tile, which comes twice
    return word.seen + steady.periods * (word.seen - word.kept)


@kernel
def _is_steady(kind, kept, grown, steady):
    """Whether a word that was `kept` has grown as one of its kind does in a period."""
    if kind == SUM:
        return True
    if kind == SAME:
        return grown == 0
    if steady.silent and kind in (CYCLE, PAST, LAST) and kept > steady.since:
        return False  # nothing is to come but what all waits for (`silence.py`)
    if kind == CYCLE:
        return grown == steady.period
    if kind == PAST:
        seen = kept + grown
        if kept < 0 or seen < 0:  # no cycle yet
            return grown == 0
        return max(0, kept - steady.since) == max(0, seen - steady.since - steady.period)
    if kind == LAST:
        return (grown == steady.period and not steady.silent) or (
            grown == 0 and kept <= steady.since
        )
    if kind == STEPS:
        return grown == steady.steps
    return grown == steady.steps // steady.units


@kernel
def same_word(tables, value):
    """A word that has to be the same."""
    state_word(tables, SAME, value)


@kernel
def same_fraction(tables, value):
    """A fraction that has to be the same, to the last bit."""
    steady = get(tables, STEADY, 0)
    if steady.fractions == STATE_FRACTIONS:
        steady.differs = 1
        return
    word = get(tables, STEADY_FRACTION, steady.slot * STATE_FRACTIONS + steady.fractions)
    steady.fractions += 1
    if steady.walk == KEEP:
        word.fraction = value
    elif steady.walk == COMPARE and word.fraction != value:
        steady.differs = 1


@kernel
def later_by_skip(tables, cycle):
    """A cycle that follows from words compared elsewhere, after this walk."""
    steady = get(tables, STEADY, 0)
    if steady.walk == SKIP:
        return cycle + steady.shift
    return cycle
