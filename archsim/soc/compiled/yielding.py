"""Words of a job that give way to what older operations ask for: `../yielding.py`, as records."""

from __future__ import annotations

from archsim.kernels.compiled import kernel
from archsim.soc.compiled.access import get
from archsim.soc.compiled.gaps import fill, release
from archsim.soc.compiled.tables import SERVER, SETTINGS, WORDS, WORDS_PIECE
from archsim.soc.compiled.words import NONE


@kernel
def is_younger(tables, number, ready, age):
    """Whether a server has words of operations younger than `age` from a cycle on."""
    one = get(tables, SERVER, number).first_words
    while one != NONE:
        words = get(tables, WORDS, one)
        if words.age > age and words.end > ready:
            return True
        one = words.next
    return False


@kernel
def give_way(tables, number, ready, age):
    """Younger operations that have words from `ready` on give them back."""
    one = get(tables, SERVER, number).first_words
    while one != NONE:
        words = get(tables, WORDS, one)
        words.away = words.age > age and words.end > ready
        if words.away:
            _leave(tables, one, ready)
        one = words.next


@kernel
def _leave(tables, one, ready):
    """Give back every cycle from `ready` on."""
    words = get(tables, WORDS, one)
    first = one * get(tables, SETTINGS, 0).pieces
    words.left = max(ready, words.asked)
    words.owed = 0
    kept = 0
    for k in range(words.pieces):
        piece = get(tables, WORDS_PIECE, first + k)
        port = piece.port
        begin = piece.begin
        end = piece.end
        if begin < ready:
            keep = get(tables, WORDS_PIECE, first + kept)
            keep.port = port
            keep.begin = begin
            keep.end = min(end, ready)
            kept += 1
        if end > ready:
            begin = max(begin, ready)
            words.owed += end - begin
            release(tables, words.server, port, begin, end)
    words.pieces = kept


@kernel
def _come_back(tables, one):
    """Take as many cycles as were given back, when they are free."""
    words = get(tables, WORDS, one)
    words.away = 0
    if words.owed:
        before = words.end
        fill(tables, words.server, words.left, words.owed, one)
        get(tables, SERVER, words.server).waited += words.end - before


@kernel
def come_back_oldest(tables, number):
    """The oldest operation that gave way comes back; False where none is left."""
    oldest = NONE
    one = get(tables, SERVER, number).first_words
    while one != NONE:
        words = get(tables, WORDS, one)
        if words.away and (oldest == NONE or words.age < get(tables, WORDS, oldest).age):
            oldest = one
        one = words.next
    if oldest == NONE:
        return False
    _come_back(tables, oldest)
    return True


@kernel
def take_yielding(tables, number, one, ready, duration, age):
    """Serve the words `one` of a job after its first vector, until an older operation asks for
    these cycles. Younger ones come back in the order in which they came.
    """
    server = get(tables, SERVER, number)
    give_way(tables, number, ready, age)
    words = get(tables, WORDS, one)
    words.server = number
    words.age = age
    words.asked = words.left = words.end = ready
    words.owed = words.away = words.pieces = 0
    words.next = NONE
    fill(tables, number, ready, duration, one)
    server.busy += duration
    server.waited += words.end - ready - duration
    other = server.first_words
    if other == NONE:
        server.first_words = one
    while other != NONE:
        following = get(tables, WORDS, other).next
        if get(tables, WORDS, other).away:
            _come_back(tables, other)
        if following == NONE:
            get(tables, WORDS, other).next = one
        other = following


@kernel
def close(tables, one):
    """They are over: nothing can change them any more."""
    words = get(tables, WORDS, one)
    server = get(tables, SERVER, words.server)
    if server.first_words == one:
        server.first_words = words.next
        return
    before = server.first_words
    while get(tables, WORDS, before).next != one:
        before = get(tables, WORDS, before).next
    get(tables, WORDS, before).next = words.next
