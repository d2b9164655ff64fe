"""Does Python's collector of garbage rest while a run is planned, and only then?"""

import gc
import threading

import pytest

from archsim import simulate
from archsim.basics.collector import collector_at_work, collector_paused
from hwlib.errors import InputError


@pytest.fixture(autouse=True)
def as_it_was():
    on = gc.isenabled()
    gc.enable()
    yield
    (gc.enable if on else gc.disable)()


def test_pauses_may_be_nested_and_end_with_the_outer_one():
    with collector_paused():
        with collector_paused():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off():
    gc.disable()
    with collector_paused(), collector_at_work():
        assert not gc.isenabled()
    assert not gc.isenabled()


def test_a_pause_ends_with_an_error():
    with pytest.raises(InputError):
        simulate("lenet1", engine="steam")
    assert gc.isenabled()


def test_what_runs_long_is_collected_within_a_pause():
    with collector_paused(), collector_paused():
        with collector_at_work():
            assert gc.isenabled()
        assert not gc.isenabled()
    with collector_at_work():
        assert gc.isenabled()
    assert gc.isenabled()


def test_a_pause_of_one_thread_outlasts_that_of_another():
    with collector_paused():
        other = threading.Thread(target=collector_paused()(lambda: None))
        other.start()
        other.join()
        assert not gc.isenabled()
    assert gc.isenabled()


@pytest.mark.parametrize(("engine", "on"), [("simpy", True), ("compiled", False)])
def test_events_are_collected_where_they_leave_garbage(engine, on):
    seen = []
    simulate("lenet1", engine=engine, progress=lambda done, of: seen.append(gc.isenabled()))
    assert seen
    assert set(seen) == {on}
    assert gc.isenabled()
