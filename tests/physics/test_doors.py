"""Are only those kernels compiled that a network needs, and does a call through a door, or a view of a
flat memory, do what the plain one does?
"""

import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numba.core import types

from archsim.kernels.compiled import kernel
from archsim.kernels.doors import Door, Vector
from archsim.kernels.lanes import add_shifted, copy_run
from archsim.kernels.views import bits_of, flat, view_at
from archsim.operators import compiled, elementary
from archsim.training import passes
from archsim.training.program import build_program
from workloads.load import load_network

F = np.float32


@kernel
def double(values):
    for k in range(values.shape[0]):
        values[k] *= F(2.0)
    return values.shape[0]


@kernel
def triple(values):
    for k in range(values.shape[0]):
        values[k] *= F(3.0)
    return values.shape[0]


DOOR = Door("of_a_test", [lambda: double, lambda: triple], [Vector], types.int64)
WRONG = Door("of_another_test", [lambda: double], [Vector], types.float32)
MET = Door("where_threads_meet", [lambda: double], [Vector], types.int64)
LATE = Door("of_an_interrupt", [lambda: triple], [Vector], types.int64)
enter, enter_wrong = DOOR.enter, WRONG.enter
enter_met, enter_late = MET.enter, LATE.enter


@kernel
def meet(memory, times):
    return enter_met(0, memory) if times > 0 else memory.shape[0]


@kernel
def late(memory):
    return enter_late(0, memory)


@kernel
def astray(memory):
    return enter_wrong(0, memory)


@kernel
def through(number, memory, first, count):
    return enter(number, view_at(memory, first, (count,)))


def test_a_door_calls_the_kernel_of_its_number_and_opens_itself_where_nobody_did():
    memory = np.ones(6, F)
    DOOR.open(1)
    assert DOOR.addresses[0] == 0
    assert through(1, memory, 1, 3) == 3
    assert memory.tolist() == [1, 3, 3, 3, 1, 1]
    assert DOOR.addresses[0] == 0
    assert through(0, memory, 0, 2) == 2
    assert memory.tolist() == [2, 6, 3, 3, 1, 1]


def test_several_threads_may_meet_a_shut_door():
    memories = [np.ones(4, F) for _ in range(8)]
    meet(memories[0], 0)  # compiled before: the threads meet at the door
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda memory: meet(memory, 1), memories)) == [4] * 8
    assert all(memory.tolist() == [2.0] * 4 for memory in memories)


def test_an_interrupt_while_a_door_opens_comes_after_the_call(monkeypatch):
    opened, plain = [], Door.open

    def interrupted(door, number=0):
        opened.append(number)
        if len(opened) == 1:
            raise KeyboardInterrupt
        plain(door, number)

    monkeypatch.setattr(Door, "open", interrupted)
    memory = np.ones(3, F)
    with pytest.raises(KeyboardInterrupt):
        late(memory)
        time.sleep(30.0)
    assert memory.tolist() == [3.0] * 3
    assert opened == [0, 0]


def test_a_kernel_of_another_result_is_no_kernel_of_a_door(monkeypatch):
    with pytest.raises(TypeError, match="of_another_test.0. returns int64"):
        WRONG.open()
    told = []
    monkeypatch.setattr(sys, "unraisablehook", lambda what: told.append(str(what.exc_value)))
    with pytest.raises(RuntimeError, match="of_another_test was not opened"):
        astray(np.ones(2, F))
    assert told == ["archsim_door_of_another_test[0] returns int64"]


def test_a_network_opens_the_doors_of_its_own_operators_alone(monkeypatch):
    opened = set()
    monkeypatch.setattr(Door, "open", lambda door, number=0: opened.add((door.name[13:], number)))
    program = build_program(load_network("digits_cnn"), {})
    passes.open_doors(program.operations)
    by_door = {"forward": compiled.DIGITAL_KERNELS, "gather": compiled.ARRAY_KERNELS}
    names = {
        door: {kernels[n].name for d, n in opened if d == door} for door, kernels in by_door.items()
    }
    assert names == {
        "forward": {"tanh", "largest of a window"},
        "gather": {"windows of an image", "vectors of features"},
    }
    # what goes forth goes back, and nothing else was asked for
    assert {door for door, _ in opened} == {"forward", "backward", "gather", "scatter"}
    assert len(opened) == 8


@kernel
def views(memory, values):
    matrix = view_at(memory, 2, (2, 3))
    deep = view_at(memory, 1, (2, 2, 2))
    return matrix.copy(), deep.copy(), flat(matrix).copy(), bits_of(values, np.int32).copy()


def test_views_are_slices_and_shapes_of_a_memory():
    memory = np.arange(10, dtype=F)
    values = np.array([1.0, -0.0, np.inf], F)
    matrix, deep, line, bits = views(memory, values)
    np.testing.assert_array_equal(matrix, memory[2:8].reshape(2, 3))
    np.testing.assert_array_equal(deep, memory[1:9].reshape(2, 2, 2))
    np.testing.assert_array_equal(line, memory[2:8])
    np.testing.assert_array_equal(bits, values.view(np.int32))


@kernel
def copied(source, start, target, first, count):
    copy_run(source, start, target, first, count)


@pytest.mark.parametrize("count", [0, 1, 15, 16, 17, 40])
def test_a_run_of_any_length_is_copied_and_nothing_beside_it(count):
    source, target = np.arange(60, dtype=F), np.full(60, F(-1.0))
    copied(source, 3, target, 5, count)
    np.testing.assert_array_equal(target[5 : 5 + count], source[3 : 3 + count])
    assert (target[:5] == -1).all() and (target[5 + count :] == -1).all()


@kernel
def added(block, line, lines, span, image, target, width):
    add_shifted(block, line, lines, span, image, target, width)


@pytest.mark.parametrize("width", [1, 7, 16, 33])
@pytest.mark.parametrize("padding", [0, 2])
def test_shifted_rows_are_added_as_their_plain_twin_adds_them(width, padding):
    draw = np.random.default_rng(width)
    reach = width + 2 * padding - 2
    if reach < 1:
        return
    block = draw.normal(size=(6, 2 * reach)).astype(F)
    image = draw.normal(size=width + 8).astype(F)
    image[::2] = -0.0  # a lane that gets nothing keeps its sign
    plain = image.copy()
    added(block, 2, 3, (reach, reach, padding), image, 4, width)
    elementary.add_shifted(block, 2, 3, (reach, reach, padding), plain, 4, width)
    np.testing.assert_array_equal(image.view(np.int32), plain.view(np.int32))
