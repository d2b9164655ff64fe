"""What does an update rule keep in words, and add in parts? From docs/schemes.md and the papers,
counted by hand.
"""

from golden.chip import Chip
from golden.comparison import run_step
from golden.networks import CONV, DENSE, LSTM
from golden.schemes import hic, lns_madam, mixed_precision, sgd
from golden.schemes_low_rank import low_rank
from golden.schemes_pulsed import rpu, tiki_taka, zero_shift
from golden.schemes_streams import cbram_sc, dsc, essop

from archsim.schemes import load_scheme
from archsim.trace import build_trace
from tests.members import every

# Weights and biases of DENSE: 15 + 3 and 6 + 2; of CONV: 24 + 4, 24 and 36; of LSTM: 48 + 8, 60, 6
# + 2.
TRAINED = {"dense": (DENSE[0], 26), "conv": (CONV[0], 88), "lstm": (LSTM[0], 124)}
WORDS = {
    "sgd": (sgd("sgd"), {"digital weights": 1, "gradient": 1}),
    "momentum": (sgd("momentum"), {"digital weights": 1, "gradient": 1, "moments": 1}),
    "adam": (sgd("adam"), {"digital weights": 1, "gradient": 1, "moments": 2}),
    "mixed precision": (
        mixed_precision(),
        {"digital weights": 1, "gradient": 1, "moments": 2, "accumulator": 1},
    ),
    # the decay of weights needs them
    "blind pulses": (
        mixed_precision("sgd", "array", "pulses"),
        {"digital weights": 1, "gradient": 1, "accumulator": 1},
    ),
    "hic": (hic(), {"gradient": 1}),
    "lns_madam": (lns_madam(), {"exponents": 1, "second moment": 1, "gradient": 1}),
    "rpu": (rpu(), {}),
    "zero_shift": (zero_shift(), {}),
    "v1": (tiki_taka("v1"), {}),
    "v2": (tiki_taka("v2"), {"hidden matrix": 1}),
    "agad": (
        tiki_taka("agad"),
        {"hidden matrix": 1, "mean of the reads": 1, "reference of the reads": 1},
    ),
    "essop": (essop(), {"digital weights": 1, "gradient": 1}),
    "dsc": (dsc(), {"weight counters": 1}),
    "cbram": (cbram_sc("adam"), {"digital weights": 1, "gradient": 1, "stream counters": 4}),
}


@every("network", TRAINED)
@every("rule", WORDS)
def test_words_of_training(rule, network):
    rule, each = WORDS[rule]
    net, trained = TRAINED[network]
    trace = build_trace(net, load_scheme(rule.name, rule.settings), "training", 2)
    assert trace.state_words == {name: count * trained for name, count in each.items()}


def test_words_of_low_rank():
    """Of k directions: k (a + b) words and k of s, LRT one more; 32 kept samples of a + b; the
    largest change, a b; svd all a b.
    """

    def words(rule):
        return build_trace(
            CONV[0], load_scheme(rule.name, rule.settings), "training", 2
        ).state_words

    sides = ((4, 13), (3, 8), (2, 18))  # the first with a bias line
    ends = [a + b for a, b in sides]
    weights = [a * b for a, b in sides]
    assert words(low_rank("sbpca", 2)) == {
        "factors": sum(2 * n + 2 for n in ends),
        "samples of a sub-batch": 32 * sum(ends),
    }
    ranks = (3, 3, 2)
    assert words(low_rank("sbpca", mode="rank_sum")) == {
        "factors": sum(k * n + k for k, n in zip(ranks, ends)),
        "samples of a sub-batch": 32 * sum(ends),
        "rebuilt change": max(weights),
    }
    assert words(low_rank("sbe")) == {"factors": sum(n + 1 for n in ends)}
    assert words(low_rank("lrt", 2, mode="element")) == {
        "factors": sum(2 * n + 3 for n in ends),
        "rebuilt change": max(weights),
    }
    assert words(low_rank("sbpca", estimator="svd")) == {"gradient": sum(weights)}


# A block of 4 x 2: a gate and a counter a place, a converter a line, a generator a side; three
# optimiser units.
GATES = 8
LINES = 4 + 2
UNITS = 3
PARTS = {
    # 12 + 8 lines of each of two tiles; in Tiki-Taka of the two fast arrays alone
    "rpu": (rpu(), {}, {"bitstream_generator": 40}),
    "tiki-taka": (tiki_taka("v2"), {}, {"bitstream_generator": 40}),
    "one block": (rpu(), {"generators": 3}, {"bitstream_generator": 3}),
    "low rank": (low_rank("sbpca"), {}, {"bitstream_generator": 40}),
    "low rank, one block": (low_rank("sbe"), {"generators": 5}, {"bitstream_generator": 5}),
    "one shot": (low_rank("sbpca", encoding="amplitude"), {}, {}),
    "sum": (low_rank("lrt", mode="rank_sum"), {}, {}),
    "essop": (
        essop(),
        {},
        {
            "stream_multiplier": GATES,
            "stream_counter": GATES,
            "number_generator": 2,
            "stream_converter": LINES,
        },
    ),
    "dsc": (
        dsc(),
        {},
        {
            "stream_multiplier": 2 * GATES,
            "stream_counter": GATES,
            "number_generator": 2,
            "stream_converter": 4 + 2 * 2,
        },
    ),
    "difference": (
        dsc("difference"),
        {},
        {
            "stream_multiplier": GATES,
            "stream_counter": GATES,
            "number_generator": 2,
            "stream_converter": LINES,
        },
    ),
    "cbram": (
        cbram_sc(),
        {},
        {"stream_multiplier": GATES, "stream_counter": GATES, "stream_source": LINES},
    ),
    # momentum: two streams and a counter a unit; Adam: six streams, three counters, a square each
    # of gradient and root, a divider
    "cbram, momentum": (
        cbram_sc("momentum"),
        {},
        {
            "stream_multiplier": GATES,
            "stream_counter": GATES,
            "stream_source": LINES + 2 * UNITS,
            "optimiser_counter": UNITS,
        },
    ),
    "cbram, adam": (
        cbram_sc("adam"),
        {},
        {
            "stream_multiplier": GATES + 2 * UNITS,
            "stream_counter": GATES,
            "stream_source": LINES + 6 * UNITS,
            "optimiser_counter": 3 * UNITS,
            "stream_divider": UNITS,
        },
    ),
    "streams, adam": (
        cbram_sc("adam", "lfsr"),
        {},
        {
            "stream_multiplier": GATES + 2 * UNITS,
            "stream_counter": GATES,
            "stream_converter": LINES + 6 * UNITS,
            "number_generator": 2 + 6,
            "optimiser_counter": 3 * UNITS,
            "stream_divider": UNITS,
        },
    ),
    "streams, single": (
        cbram_sc("momentum", "sobol", "single"),
        {},
        {
            "stream_multiplier": GATES,
            "stream_counter": GATES,
            "stream_converter": LINES + 2 * UNITS,
            "number_generator": 1,
            "optimiser_counter": UNITS,
        },
    ),
    "streams, elements": (
        cbram_sc("momentum", "lfsr", "element"),
        {},
        {
            "stream_multiplier": GATES,
            "stream_counter": GATES,
            "stream_converter": LINES + 2 * UNITS,
            "number_generator": LINES + 2 * UNITS,
            "optimiser_counter": UNITS,
        },
    ),
    "sgd": (sgd("sgd"), {}, {}),
}
OF_RULES = (
    "bitstream_generator",
    "stream_multiplier",
    "stream_counter",
    "number_generator",
    "stream_converter",
    "stream_source",
    "optimiser_counter",
    "stream_divider",
)


@every("name", PARTS)
def test_parts_of_a_rule(name):
    rule, settings, wanted = PARTS[name]
    result = run_step(DENSE[0], rule, Chip(**settings), 2)
    assert {
        part.name: part.count for part in result.inventory_components() if part.name in OF_RULES
    } == wanted


def test_bits_of_counters_and_sources():
    def parts(rule, **further):
        return {
            name: entry["parameters"]
            for name, entry in load_scheme(rule.name, rule.settings | further)
            .parts(Chip().built())
            .items()
        }

    assert parts(essop())["stream_counter"] == {"bits": 24} and parts(dsc())["stream_counter"] == {
        "bits": 16
    }
    assert parts(essop())["stream_converter"] == {"bits": 10} and parts(cbram_sc("sgd", "lfsr"))[
        "stream_converter"
    ] == {"bits": 8}
    # an average of 8 bits has a sign; the second moment of 15 bits is the widest of Adam
    assert parts(cbram_sc("momentum"))["optimiser_counter"] == {"bits": 9} and parts(
        cbram_sc("adam")
    )["optimiser_counter"] == {"bits": 15}
    assert parts(cbram_sc("adam"), first_bits=16)["optimiser_counter"] == {"bits": 17}
    assert parts(cbram_sc())["stream_source"] == {"pulse_ns": 30.0, "driver_bits": 8}
    assert parts(rpu())["bitstream_generator"] == {"bits": 8, "source": "lfsr"}
