"""Rows that flow from layer to layer in a pipeline. Small cases, by hand."""

from golden.chip import Chip
from golden.comparison import by_place
from golden.machine import TILE, column, cycles, ends
from golden.networks import image, simple

import archsim
from workloads.network import Layer, Network


def test_rows_flow_through_a_pipeline():
    network = column(4, kernel=2)
    # one value a step: 1 cycle in, the tile, 1 cycle out, 2 of wire: rows of c at 30, 56, 82, 108
    assert cycles(network, issue=0) == 108 + (1 + 3 * TILE + 1 + 2)
    result = archsim.simulate(network, Chip(issue=0).built(execution__mode="pipelined"))
    # a row of d needs two of c: fed by 57, 83 and 109
    assert sorted(ends(result)) == [108, 109 + TILE + 1 + 2]


def pipelined_ends(*layers, shape, **further):
    network = Network("rows", (image(*shape), *layers))
    return sorted(
        ends(archsim.simulate(network, Chip(issue=0).built(execution__mode="pipelined", **further)))
    )


def test_rows_of_several_places():
    # two places a row: rows of c at 1 + 52 r + 3; a row of d needs two of c and is read in two
    # steps, fed by 109, 161 and 213
    ended = pipelined_ends(
        Layer("c", "conv2d", ("input",), ((1, 4, 2),), (1, 4, 2)),
        Layer("d", "conv2d", ("c",), ((1, 4, 2),), (1, 3, 2), (2, 1)),
        shape=(1, 4, 2),
    )
    assert ended == [1 + 8 * TILE + 3, 213 + 2 * TILE + 3]


def test_rows_through_a_pool():
    # of six rows a pool makes three; the first of d needs two of them, four of c, which are through
    # at 108; the second the end, at 160
    ended = pipelined_ends(
        Layer("c", "conv2d", ("input",), ((1, 6, 1),), (1, 6, 1)),
        simple("p", "max_pool", "c", (1, 6, 1), (1, 3, 1), kernel=(2, 1), stride=(2, 1)),
        Layer("d", "conv2d", ("p",), ((1, 3, 1),), (1, 2, 1), (2, 1)),
        shape=(1, 6, 1),
    )
    assert ended == [160, 161 + TILE + 3]


def test_rows_with_stride_padding_and_dilation():
    # padding above: the first row of d needs one of c, at 30, the second, two on, three of c, at 82
    ended = pipelined_ends(
        Layer("c", "conv2d", ("input",), ((1, 4, 1),), (1, 4, 1)),
        Layer("d", "conv2d", ("c",), ((1, 4, 1),), (1, 2, 1), (2, 1), (2, 1), (1, 0, 0, 0)),
        shape=(1, 4, 1),
    )
    assert ended == [1 + 4 * TILE + 3, 83 + TILE + 3]
    # two lines that lie two apart reach over three
    ended = pipelined_ends(
        Layer("c", "conv2d", ("input",), ((1, 4, 1),), (1, 4, 1)),
        Layer("d", "conv2d", ("c",), ((1, 4, 1),), (1, 2, 1), (2, 1), dilation=(2, 1)),
        shape=(1, 4, 1),
    )
    assert ended == [108, 109 + TILE + 3]


def test_branches_meet_row_by_row():
    # the second branch is fed a cycle later: its rows are through at 31, 57 and 83; a sum takes a
    # cycle in, one on the lanes
    ended = pipelined_ends(
        Layer("c", "conv2d", ("input",), ((1, 3, 1),), (1, 3, 1)),
        Layer("e", "conv2d", ("input",), ((1, 3, 1),), (1, 3, 1)),
        Layer("s", "add", ("c", "e"), ((1, 3, 1),) * 2, (1, 3, 1)),
        shape=(1, 3, 1),
    )
    assert ended == [82, 83, 83 + 1 + 1]
    # a pool of a map that two read is a step of its own: rows at 30, 56, 82 and 108 make two, the
    # other branch waits for each alike
    ended = pipelined_ends(
        Layer("c", "conv2d", ("input",), ((1, 4, 1),), (1, 4, 1)),
        simple("p", "max_pool", "c", (1, 4, 1), (1, 2, 1), kernel=(2, 1), stride=(2, 1)),
        simple("q", "average_pool", "c", (1, 4, 1), (1, 2, 1), kernel=(2, 1), stride=(2, 1)),
        Layer("s", "multiply", ("p", "q"), ((1, 2, 1),) * 2, (1, 2, 1)),
        shape=(1, 4, 1),
    )
    # the last row of c is its end: p's is fed by 109, q's by 110, and done on the lanes by 110 and
    # 111; the product follows
    assert ended == [108, 110, 111, 111 + 1 + 1]


def test_an_lstm_waits_for_itself_and_what_feeds_it():
    network = Network(
        "two",
        (
            image(3, 4),
            Layer("u", "lstm", ("input",), ((3, 4),), (3, 2), hidden=2),
            Layer("v", "lstm", ("u",), ((3, 2),), (3, 1), hidden=1),
        ),
    )
    # u: 4 fresh values; two tiles of 8 columns; 8 sums of 7 bits; 8 codes and 18 actions of two
    # units on 2 lanes: 13 cycles
    u, v = 3 * (1 + TILE + 13 + 2), 3 * (1 + TILE + (4 + 9 + 1) // 2 + 2)
    for mode in ("layer_by_layer", "pipelined"):
        ended = sorted(ends(archsim.simulate(network, Chip(issue=0).built(execution__mode=mode))))
        assert ended == [u, u + v], mode
    copies = archsim.simulate(network, Chip(issue=0).built(placement__copies={"v": 2}))
    assert (
        ends(copies) == [u, u + v]
        and by_place(copies.ledger)["v", "forward"]["input_register.write"] == 3
    )
