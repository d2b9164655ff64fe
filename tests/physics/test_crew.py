"""Do threads of a crew do what they are told, tell how it ended, and end with their crew?"""

import threading
import time
from queue import SimpleQueue

import pytest

from archsim.training.crew import Crew


def test_a_thing_is_done_by_as_many_threads_as_are_asked():
    crew = Crew(4)
    for number in (1, 2, 4, 3):
        # None comes to its end before all have begun.
        meeting = threading.Barrier(number, timeout=10)
        seen = []

        def work(meeting=meeting, seen=seen):
            meeting.wait()
            seen.append(threading.get_ident())

        crew.do(work, number)
        assert len(set(seen)) == number and threading.get_ident() in seen


def test_an_error_is_told_after_all_have_ended():
    crew = Crew(3)
    meeting = threading.Barrier(3, timeout=10)
    ended = []

    def work():
        first = meeting.wait() == 0
        if first:
            raise ArithmeticError("of one of them")
        time.sleep(0.01)
        ended.append(first)

    for _ in range(2):
        with pytest.raises(ArithmeticError, match="of one of them"):
            crew.do(work, 3)
        assert len(ended) == 2
        ended.clear()


def test_nobody_waits_for_a_thread_that_has_not_begun():
    crew = Crew(2)
    served = crew.members[0]
    crew.members[0] = served._replace(errands=SimpleQueue())  # which no thread looks into
    done = []
    crew.do(lambda: done.append(1), 2)
    assert done == [1]


def test_an_errand_that_came_late_is_no_answer_to_the_next():
    crew = Crew(2)
    given = []
    for number in range(200):
        crew.do(lambda number=number: given.append(number), 2)
    # The one that asks does each; the other those that it came to in time.
    assert all(given.count(number) in (1, 2) for number in range(200))
    assert given == sorted(given)


def test_threads_end_with_their_crew():
    before = set(threading.enumerate())
    crew = Crew(3)
    own = set(threading.enumerate()) - before
    assert len(own) == 2
    crew.do(lambda: None, 3)
    del crew
    for thread in own:
        thread.join(timeout=10)
        assert not thread.is_alive()
