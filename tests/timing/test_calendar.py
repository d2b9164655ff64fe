"""Do compiled events come by cycle, and within one in the order in which they were put on the list,
wherever they lay meanwhile?
"""

import heapq
import itertools

import numpy as np
import pytest

from archsim.kernels.compiled import kernel, template
from archsim.soc.compiled import tables as forms
from archsim.soc.compiled.access import get
from archsim.soc.compiled.calendar import SPOKES, later
from archsim.soc.compiled.loop import event_loop
from archsim.soc.compiled.tables import CLOCK, CONTROL, JOB, RESULT, SPAN, header_of, laid_out
from archsim.soc.compiled.words import FULL, NONE

DELAYS = (0, 1, 1, 2, 3, 17, SPOKES - 1, SPOKES, SPOKES + 1, 2 * SPOKES, 5 * SPOKES + 3)
EVENTS = 3000


@kernel
def put(tables, first, count):
    for who in range(first, first + count):
        later(tables, 0, who, get(tables, RESULT, who).cycle)


@kernel
def tell(tables, kind, who):
    """Write down who comes when, and put those that it brings about on the list."""
    clock = get(tables, CLOCK, 0)
    span = get(tables, SPAN, clock.spans)
    clock.spans += 1
    span.operation = who
    span.start = clock.now
    put(tables, get(tables, JOB, who).dependency, get(tables, JOB, who).count)


@kernel
def begin(tables, number):
    get(tables, CONTROL, 0).done = 1
    put(tables, 0, get(tables, CONTROL, 0).operation)


@kernel
def nobody(tables):
    """No process starts."""


run = template(event_loop, resume=begin, do_event=tell, begin_born=nobody)


class Brought:
    """Events that bring about others, each after a delay of its own."""

    def __init__(self, seed):
        draw = np.random.default_rng(seed)
        self.roots = 50
        self.delays = draw.choice(DELAYS, EVENTS)
        self.counts = draw.choice((0, 1, 2, 3), EVENTS, p=(0.2, 0.5, 0.2, 0.1))
        self.firsts = np.zeros(EVENTS, int)
        left = self.roots
        for number in range(EVENTS):
            self.counts[number] = min(self.counts[number], EVENTS - left)
            self.firsts[number] = left
            left += self.counts[number]

    def told(self):
        """Who comes when, by a list of events in order of cycle and sequence."""
        sequence = itertools.count()
        coming = []
        told = []

        def put_all(first, count, now):
            for who in range(first, first + count):
                heapq.heappush(coming, (now + self.delays[who], next(sequence), who))

        put_all(0, self.roots, 0)
        while coming:
            now, _, who = heapq.heappop(coming)
            told.append((who, now))
            put_all(self.firsts[who], self.counts[who], now)
        return told

    def tables(self, room):
        filled = {}
        for name, values in (
            ("JOB", {"count": self.counts, "dependency": self.firsts}),
            ("RESULT", {"cycle": self.delays}),
            ("CLOCK", {"free_turning": [NONE]}),
            ("CONTROL", {"operation": [self.roots]}),
            ("SETTINGS", {"events": [room]}),
            ("SPOKE", {"first_turning": [NONE] * SPOKES}),
        ):
            rows = len(next(iter(values.values())))
            filled[name] = np.zeros(rows, forms.FORMS[name])
            for field, column in values.items():
                filled[name][field] = column
        empty = dict.fromkeys(forms.FORMS, 1) | dict.fromkeys(("COMING", "TURNING", "DUE"), room)
        return laid_out(filled, empty | {"SPAN": EVENTS})


@pytest.mark.parametrize("seed", range(5))
def test_events_come_as_from_one_list(seed):
    brought = Brought(seed)
    expected = brought.told()
    tables = brought.tables(room=4096)
    header = header_of(tables)
    while run(header, 100):
        pass
    assert tables["CLOCK"]["fault"][0] == 0
    spans = tables["SPAN"][: tables["CLOCK"]["spans"][0]]
    assert list(zip(spans["operation"].tolist(), spans["start"].tolist())) == expected
    assert len(expected) > 100 and tables["CLOCK"]["turning"][0] == 0


def test_more_events_than_there_is_room_for_are_a_fault():
    tables = Brought(0).tables(room=2)
    run(header_of(tables), 10**6)
    assert tables["CLOCK"]["fault"][0] == FULL
