"""Threads that do one thing together, again and again, a few microseconds apart.

Waking a thread that sleeps takes longer than a step of a small network. Between two things each
looks for the next one for a while, without Python's lock, before it goes to sleep.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from queue import SimpleQueue
from typing import NamedTuple

import numpy as np

from archsim.kernels.cache_lines import zeros_apart
from archsim.kernels.turns import await_change

ROUNDS = 1000  # of looks, each of which ends in letting others go on: about a millisecond
Work = Callable[[], None]


class Errand(NamedTuple):
    """A thing to do. Whoever takes its token does it or, where nobody had begun, need not."""

    work: Work
    token: list[None]


class Member(NamedTuple):
    """How a thread is told what to do, and tells that it is done, with its error if there was one.

    The words count errands and answers: a change of one is seen by who looks for it without a lock.
    """

    errands: SimpleQueue[Errand | None]
    answers: SimpleQueue[BaseException | None]
    given: np.ndarray
    done: np.ndarray


class Crew:
    """The thread that asks and `number - 1` others, which end with this object."""

    def __init__(self, number: int):
        _look(np.ones(1, np.int64), 0)  # compiled here, not by several threads at once
        self.members = [
            Member(SimpleQueue(), SimpleQueue(), zeros_apart(1, np.int64), zeros_apart(1, np.int64))
            for _ in range(number - 1)
        ]
        for member in self.members:
            # They hold their member alone, so that this object can go.
            threading.Thread(target=_serve, args=(member,), daemon=True).start()
        weakref.finalize(self, _dismiss, self.members)

    def do(self, work: Work, number: int) -> None:
        """`work`, on up to `number` threads at once: the one that asks too, and none that a busy
        machine has not let begin by the time that it is done.

        Raises:
            Exception: the first that one of them ended in, after all have ended.
        """
        asked = []
        for member in self.members[: number - 1]:
            errand = Errand(work, [None])
            asked.append((member, errand, int(member.done[0])))
            member.errands.put(errand)
            member.given[0] += 1
        try:
            work()
        finally:
            errors = [_answer(member, done) for member, own, done in asked if not _take(own)]
        for error in errors:
            if error is not None:
                raise error


def _take(errand: Errand) -> bool:
    """Take the token of an errand; False: somebody has it. One step of no other thread."""
    try:
        errand.token.pop()
    except IndexError:
        return False
    return True


def _answer(member: Member, done: int) -> BaseException | None:
    _look(member.done, done)
    return member.answers.get()


def _serve(member: Member) -> None:
    """Do what is given, until nothing is any more."""
    given = 0
    while True:
        _look(member.given, given)
        if not _obey(member, member.errands.get()):
            return
        given += 1


def _obey(member: Member, errand: Errand | None) -> bool:
    # Of its own: what an errand holds is let go with it.
    if errand is None:
        return False
    if _take(errand):
        error = None
        try:
            errand.work()
        except BaseException as raised:
            error = raised
        member.answers.put(error)
        member.done[0] += 1
    return True


def _look(number: np.ndarray, seen: int) -> None:
    await_change(number, seen, ROUNDS)


def _dismiss(members: list[Member]) -> None:
    for member in members:
        member.errands.put(None)
        member.given[0] += 1
