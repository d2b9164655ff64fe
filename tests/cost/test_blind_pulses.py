"""Writes without verify: the pulses are counted, reads that check them are not, and no time is
spent on them.
"""

import archsim
from archsim.run.recorded_trace import load_trace
from archsim.schemes import load_scheme
from archsim.schemes.digital.mixed_precision import NANDAKUMAR
from archsim.trace import Activity, build_trace, save_trace, with_activity
from tests.near import near
from workloads import load_network

CHECKING = (
    ("array", "read"),
    ("front_end", "sample"),
    ("column_mux", "select"),
    ("adc", "convert"),
)


def written(settings, verifies):
    """(counts of the update phase, its cycles) of a batch in which a tenth of the devices got two
    pulses each.
    """
    scheme = load_scheme("mixed_precision", settings)
    trace = build_trace(load_network("digits_cnn"), scheme, "training", 4)
    activity = Activity(devices_written=0.1, write_pulses=2.0, verify_reads=verifies)
    trace = with_activity(trace, {(layer, "update"): activity for layer in ("conv1", "fc")})
    result = archsim.simulate(trace, "cim40", scheme, images=4)
    counts = {}
    for row in result.ledger:
        if row["phase"] == "update":
            key = row["component"], row["action"]
            counts[key] = counts.get(key, 0) + row["count"]
    return counts, result.by_phase["update"]["cycles"]


def assumed_verifies(settings):
    """Reads a pulse that the scheme assumes before a training has measured them."""
    trace = build_trace(
        load_network("digits_cnn"), load_scheme("mixed_precision", settings), "training", 4
    )
    return next(op.activity.verify_reads for op in trace.batch_operations if op.kind == "write")


def test_blind_pulses_are_written_but_not_read():
    blind, fast = written(NANDAKUMAR, assumed_verifies(NANDAKUMAR))
    verified, slow = written(NANDAKUMAR | {"writing": "verify"}, assumed_verifies({}))
    assert (
        blind["array", "write"] == near(verified["array", "write"]) and blind["array", "write"] > 0
    )
    for key in CHECKING:
        assert blind.get(key, 0) == 0 and verified[key] == near(verified["array", "write"])
    assert fast < slow


def test_blind_pulses_need_no_copy_of_the_weights():
    words = {
        name: load_scheme("mixed_precision", NANDAKUMAR | changes).state_words(stages())
        for name, changes in {
            "blind": {},
            "decay": {"weight_decay": 1e-4},
            "digital": {"backward_in": "vector_unit"},
            "wu": {"writing": "verify"},
        }.items()
    }
    assert [name for name, text in words.items() if "digital weights" not in text] == ["blind"]


def stages():
    from archsim.trace.lower import lower

    return lower(load_network("digits_cnn"))


def test_the_number_of_verify_reads_survives_a_file(tmp_path):
    trace = build_trace(
        load_network("digits_cnn"), load_scheme("mixed_precision", NANDAKUMAR), "training", 2
    )
    again = load_trace(save_trace(trace, tmp_path / "trace.json"))
    assert again == trace and {
        op.activity.verify_reads for op in again.batch_operations if op.kind == "write"
    } == {0.0}
