"""Is a size that must be refused refused before it is worked on? Its refusal takes no memory worth
the name.
"""

import tracemalloc

import pytest

import archsim
from archsim.chip.place import place
from archsim.exploration import load_space
from archsim.soc.data.request import MOST_NUMBERS
from archsim.trace import build_trace
from archsim.training.setup import settings_of
from hwlib.errors import InputError, nearest, shorten
from hwlib.expressions import Expression
from tests.members import every
from workloads import load_network

LINEAR = 'schema = 1\ninput = [64]\n[[layer]]\nname = "a"\noperator = "linear"\nfeatures = {}\n'


@pytest.fixture(scope="module", autouse=True)
def imported():
    """What is imported late takes memory too, once."""
    archsim.simulate("digits_cnn", "cim40", data="random")


@pytest.fixture
def network(tmp_path):
    def make(features):
        path = tmp_path / "net.toml"
        path.write_text(LINEAR.format(features))
        return load_network(path)

    return make


def refused(act, words=None):
    """The act is refused, with these words where they are known, with a peak below 20 MB."""
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match=words):
            act()
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def test_two_thousand_million_channels(network):
    for features in (2_000_000_000, 1_000_000_000, 100_000_000):
        wide = network(features)
        refused(
            lambda wide=wide: archsim.simulate(wide, "cim40", timing=False),
            "too large|out of the declared range",
        )
    tracemalloc.start()
    placement = place(
        build_trace(network(300_000_000), None, "inference", 1).matrices,
        archsim.load_architecture("cim40"),
    )
    assert (
        placement.tiles > 4 * 10**6 and placement.without() == {} and placement.sharing() == set()
    )
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()


def test_packing_of_too_many_pieces(network):
    chip = archsim.load_architecture("cim40", {"placement.pack": True})
    matrices = build_trace(network(100_000_000), None, "inference", 1).matrices
    refused(lambda: place(matrices, chip), "pieces to pack.*pack=false")
    assert place(build_trace(network(5000), None, "inference", 1).matrices, chip).tiles > 1


def test_real_data_of_too_many_images():
    refused(
        lambda: archsim.simulate("digits_cnn", "cim40", data="random", images=MOST_NUMBERS // 64),
        "too many numbers to carry",
    )


def test_training_of_too_many_copies(network):
    from archsim.training.machine import Machine

    wide = network(2_000_000)
    settings, _ = settings_of(
        archsim.load_architecture("rpu"),
        archsim.schemes.load_scheme("rpu"),
        epochs=1,
        batch=1,
        seed=0,
        device=None,
        changes={"devices_per_weight": 64},
        network=wide,
    )
    refused(lambda: Machine(wide, settings), "too many weights and copies")


def space(**changes):
    axes = {"tile.rows": {"from": 16, "to": 512}, "read.adc_bits": [4, 5, 6]}
    return {
        "schema": 1,
        "network": "digits_cnn",
        "axes": axes,
        "objectives": {"area_mm2": "minimise"},
    } | changes


@every(
    "changes, words",
    [
        (
            {"axes": {f"placement.copies.x{number}": [1, 2] for number in range(100)}},
            "too many axes",
        ),
        (
            {"axes": {f"placement.copies.x{number}": [1, 2] for number in range(40)}},
            "too many points",
        ),
        ({"axes": {"tile.rows": {"from": 1, "to": 10**12}}}, "too many values"),
        ({"axes": {"node_nm": {"from": 20.0, "to": 90.0, "step": 1e-9}}}, "too many values"),
        (
            {"axes": {"node_nm": {"from": 20.0, "to": 90.0, "count": 10**9}}},
            "not a number of values",
        ),
        ({"axes": {"node_nm": {"from": 1, "to": 10**400}}}, "not a number"),
        (
            {"sampler": {"kind": "latin_hypercube", "points": 10**8}},
            "not a whole number of the range",
        ),
        ({"sampler": {"kind": "random", "points": 10**12}}, "not a whole number of the range"),
        (
            {"sampler": {"kind": "nsga2", "points": 100, "population": 10**9}},
            "not a whole number of the range",
        ),
        ({"conditions": ["tile.rows > 1"] * 1000}, "too many entries"),
        ({"record": ["tiles"] * 1000}, "too many entries"),
        ({"objectives": {"area_mm2": ["minimise"]}}, "minimised or maximised"),
    ],
)
def test_spaces_of_too_many_points_axes_and_words(changes, words):
    load_space(space())  # compiles nothing, but imports
    refused(lambda: load_space(space(**changes)), words)


@pytest.mark.parametrize(
    "text",
    [
        "round(5, -1000000000)",
        "10 ** 10 ** 10",
        "(1e12 ** 64) ** 64",
        "2 ** 999",
        "-" * 900 + "1",
        "(" * 400 + "1" + ")" * 400,
        "1 if 1 else 'a' * 9",
    ],
)
def test_expressions_end(text):
    def act():
        value = Expression(text, "x")({})
        if isinstance(value, int | float):
            raise InputError("worked out")

    refused(act)


def test_messages_stay_short_whatever_they_tell():
    refused(lambda: (_ for _ in ()).throw(InputError(shorten([1] * 10**6))), "1, 1")
    assert (
        len(shorten("x" * 10**7)) < 100
        and len(shorten(10**5000)) < 100
        and len(shorten([[10**5000]])) < 100
    )
    assert (
        nearest("x" * 10**6, ["lenet1"]) == ""
        and nearest("lenet", [f"net{n}" for n in range(10**5)]) != ""
    )
