"""Do the signals of a value change dump, read back, agree with the result?"""

from collections import defaultdict
from fractions import Fraction

import pytest

from archsim.soc.observers import VcdTrace
from archsim.soc.observers.vcd import timescale
from tests.timing.watched_runs import simulate


def tile_rows(result):
    return {
        row["name"].removeprefix("tiles:"): row for row in result.resources if row["kind"] == "tile"
    }


def read_vcd(path):
    """Timescale in s, and the changes of each signal: full name -> [(ticks, value)]."""
    from vcd.reader import TokenKind, tokenize

    names = {}
    scope = []
    changes = defaultdict(list)
    now = 0
    scale = None
    with open(path, "rb") as file:
        for token in tokenize(file):
            if token.kind is TokenKind.TIMESCALE:
                scale = (
                    Fraction(int(token.timescale.magnitude))
                    * {
                        "s": 1,
                        "ms": Fraction(1, 10**3),
                        "us": Fraction(1, 10**6),
                        "ns": Fraction(1, 10**9),
                        "ps": Fraction(1, 10**12),
                        "fs": Fraction(1, 10**15),
                    }[token.timescale.unit.value]
                )
            elif token.kind is TokenKind.SCOPE:
                scope.append(token.scope.ident)
            elif token.kind is TokenKind.UPSCOPE:
                scope.pop()
            elif token.kind is TokenKind.VAR:
                names[token.var.id_code] = ".".join([*scope, token.var.reference])
            elif token.kind is TokenKind.CHANGE_TIME:
                assert token.time_change >= now
                now = token.time_change
            elif token.kind in (
                TokenKind.CHANGE_SCALAR,
                TokenKind.CHANGE_VECTOR,
                TokenKind.CHANGE_STRING,
            ):
                change = getattr(
                    token,
                    {
                        TokenKind.CHANGE_SCALAR: "scalar_change",
                        TokenKind.CHANGE_VECTOR: "vector_change",
                        TokenKind.CHANGE_STRING: "string_change",
                    }[token.kind],
                )
                value = change.value
                changes[names[change.id_code]].append(
                    (now, int(value) if str(value).isdigit() else value)
                )
    return scale, changes, now


def area_of(changes, end):
    return sum(
        value * (later - now) for (now, value), (later, _) in zip(changes, [*changes[1:], (end, 0)])
    )


def test_signals_in_the_value_change_dump(watched):
    result, _, path = watched
    scale, changes, end = read_vcd(path)
    period = Fraction(1) / (Fraction(str(result.clock_mhz)) * 10**6) / scale
    assert period.denominator == 1
    assert end == result.cycles * period
    for row in result.resources:
        if row["kind"] != "tile":
            assert (
                area_of(changes[f"chip.{row['name']}.busy"], end) == row["busy_cycles"] * period
            ), row["name"]
    tiles = {row["layer"]: row["tile_count"] for row in result.placement}
    for layer, row in tile_rows(result).items():
        units = [
            name
            for name in changes
            if name.startswith(f"chip.{layer}.unit_") and name.endswith(".busy")
        ]
        each = tiles[layer] // len(units)
        assert (
            sum(area_of(changes[name], end) for name in units) * each == row["busy_cycles"] * period
        )
        spans = [item for item in result.timeline if item["layer"] == layer]
        assert (
            area_of(changes[f"chip.{layer}.operations"], end)
            == sum(item["end"] - item["start"] for item in spans) * period
        )
        phases = {
            value for name in units for _, value in changes[name.replace(".busy", ".phase")]
        } - {"idle"}
        assert phases <= {item["phase"] for item in spans}
        assert phases >= {"forward"}


def test_the_dump_follows_the_steps(tmp_path):
    result = simulate("layer by layer", observers=(VcdTrace(tmp_path / "run.vcd"),))
    _, changes, _ = read_vcd(tmp_path / "run.vcd")
    # 100 MHz: a tick of 10 ns is a cycle; conv1 takes its 576 steps at 72 cycles each without a
    # pause
    steps = changes["chip.conv1.unit_0.step"]
    assert [value for _, value in steps] == list(range(576))
    begins = [time for time, value in steps[1:]]
    assert [later - sooner for sooner, later in zip(begins, begins[1:])] == [72] * 574
    assert len(changes["chip.conv1.unit_0.busy"]) == 3
    start = next(row["start"] for row in result.timeline if row["layer"] == "conv1")
    assert changes["chip.conv1.operations"][1] == (start, 1)


def test_the_dump_follows_the_steps_of_copies(tmp_path):
    simulate("pipelined with copies", observers=(VcdTrace(tmp_path / "run.vcd"),))
    _, changes, _ = read_vcd(tmp_path / "run.vcd")
    # eight copies of conv1, two on a tile: four units that take two steps in turn, for three images
    for unit in range(4):
        assert [value for _, value in changes[f"chip.conv1.unit_{unit}.step"]][-72:] == list(
            range(2 * unit, 576, 8)
        )
        assert [value for _, value in changes[f"chip.conv1.unit_{unit}.image"]] == [0, 1, 2]


@pytest.mark.parametrize(
    ("clock", "scale", "ticks"),
    [
        (100.0, (10, "ns"), 1),
        (200.0, (1, "ns"), 5),
        (1000.0, (1, "ns"), 1),
        (400.0, (100, "ps"), 25),
        (1.0, (1, "us"), 1),
        (0.001, (1, "ms"), 1),
        (64.0, (1, "ps"), 15625),
        (300.0, (1, "fs"), Fraction(10**7, 3)),
    ],
)
def test_the_timescale_divides_the_clock_period(clock, scale, ticks):
    assert timescale(clock) == (scale, ticks)
