"""Does a trace that contradicts its matrices, its phase or itself ever reach the simulator? Each
fault is one message with its field.
"""

import copy
import dataclasses
import json

import jsonschema
import pytest

import archsim
from archsim.cli.main import main
from archsim.run.recorded_trace import load_trace
from archsim.schemes import list_schemes, load_scheme
from archsim.trace import build_trace, save_trace, trace_schema
from archsim.trace.operation import Activity, LayerMatrix, Operation, Trace
from hwlib.errors import InputError
from workloads import load_network

# 100 x 10 weights, five vectors an image, backwards and updated; a fast array of the same shape
# beside it.
HAND = {
    "archsim_trace": 1,
    "network": "by hand",
    "scheme": "rpu",
    "phase": "training",
    "batch": 1,
    "matrices": [
        {"layer": "a", "rows": 100, "columns": 10, "vectors": 5},
        {"layer": "a.fast", "rows": 100, "columns": 10, "vectors": 5},
        {"layer": "b", "rows": 10, "columns": 3, "groups": 2},
    ],
    "image_operations": [
        {
            "name": "a.forward",
            "layer": "a",
            "phase": "forward",
            "kind": "read",
            "steps": 5,
            "input_elements": 100,
            "output_elements": 10,
        },
        {
            "name": "a.backward",
            "layer": "a",
            "phase": "backward",
            "kind": "read_transposed",
            "steps": 5,
            "after": ["a.forward"],
            "input_elements": 10,
            "output_elements": 100,
        },
        {
            "name": "a.update",
            "layer": "a",
            "phase": "update",
            "kind": "pulse_update",
            "steps": 5,
            "after": ["a.backward"],
            "input_elements": 110,
            "activity": {
                "row_pulses": 0.1,
                "column_pulses": 0.2,
                "coincidences": 0.5,
                "train_length": 8,
            },
        },
        {
            "name": "a.look",
            "layer": "a",
            "phase": "update",
            "kind": "read",
            "steps": 2,
            "array": "a.fast",
            "against": "a",
            "lines": 1,
            "input_elements": 1,
        },
    ],
    "batch_operations": [
        {
            "name": "a.write",
            "layer": "a",
            "phase": "update",
            "kind": "write",
            "steps": 100,
            "input_elements": 10,
        }
    ],
    "setup_operations": [
        {"name": "a.initial", "layer": "a", "phase": "setup", "kind": "write", "steps": 100}
    ],
}


def image(index, **fields):
    return ("image_operations", index), fields


# what is changed, (path, fields); the field that the message names; words of it
CONTRADICTIONS = {
    "coincidences": (
        image(
            2,
            activity={
                "row_pulses": 0.1,
                "column_pulses": 0.2,
                "coincidences": 0.81,
                "train_length": 8,
            },
        ),
        "image_operations[2].activity.coincidences",
        "up to 0.8",
    ),
    "coincidences without pulses": (
        image(2, activity={"row_pulses": 0.0, "coincidences": 0.01, "train_length": 8}),
        "image_operations[2].activity.coincidences",
        "up to 0:",
    ),
    "coincidences without any pulse, trains of the chip": (
        image(2, activity={"row_pulses": 0.0}),
        "image_operations[2].activity.coincidences",
        "up to 0:",
    ),
    "trains longer than a chip's": (
        image(2, activity={"train_length": 1e7}),
        "image_operations[2].activity.train_length",
        "0 to 1e+06",
    ),
    "row pulses": (
        image(2, activity={"row_pulses": 1.5}),
        "image_operations[2].activity.row_pulses",
        "0 to 1",
    ),
    "column pulses": (
        image(2, activity={"column_pulses": -0.5}),
        "image_operations[2].activity.column_pulses",
        "0 to 1",
    ),
    "devices written": (
        image(2, activity={"devices_written": 2}),
        "image_operations[2].activity.devices_written",
        "0 to 1",
    ),
    "saturations": (
        image(0, activity={"saturations": 11}),
        "image_operations[0].activity.saturations",
        "up to 10",
    ),
    "saturations backwards": (
        image(1, activity={"saturations": 101}),
        "image_operations[1].activity.saturations",
        "up to 100",
    ),
    "steps of a read": (image(0, steps=6), "image_operations[0].steps", "allowed: 5"),
    "fewer steps": (image(0, steps=1), "image_operations[0].steps", "allowed: 5"),
    "steps backwards": (image(1, steps=50), "image_operations[1].steps", "allowed: 5"),
    "steps of an update": (image(2, steps=6), "image_operations[2].steps", "up to 5"),
    "steps of a write": (
        (("batch_operations", 0), {"steps": 101}),
        "batch_operations[0].steps",
        "up to 100",
    ),
    "input elements": (
        image(0, input_elements=1000),
        "image_operations[0].input_elements",
        "allowed: 100",
    ),
    "too few input elements": (
        image(0, input_elements=50),
        "image_operations[0].input_elements",
        "allowed: 100",
    ),
    "input elements backwards": (
        image(1, input_elements=100),
        "image_operations[1].input_elements",
        "allowed: 10",
    ),
    "input elements of an update": (
        image(2, input_elements=111),
        "image_operations[2].input_elements",
        "up to 110",
    ),
    "input elements of a write": (
        (("batch_operations", 0), {"input_elements": 11}),
        "batch_operations[0].input_elements",
        "up to 10",
    ),
    "input elements of a line": (
        image(3, input_elements=100),
        "image_operations[3].input_elements",
        "allowed: 1",
    ),
    "output elements": (
        image(0, output_elements=11),
        "image_operations[0].output_elements",
        "up to 10",
    ),
    "output elements backwards": (
        image(1, output_elements=101),
        "image_operations[1].output_elements",
        "up to 100",
    ),
    "fresh elements": (
        image(0, fresh_elements=101),
        "image_operations[0].fresh_elements",
        "up to 100",
    ),
    "lines": (image(3, lines=101), "image_operations[3].lines", "up to 100"),
    "lines of a write": (
        (("batch_operations", 0), {"lines": 1}),
        "batch_operations[0].lines",
        "no meaning for the kind write",
    ),
    "reference of a write": (
        (("batch_operations", 0), {"against": "a.fast"}),
        "batch_operations[0].against",
        "no meaning",
    ),
    "reference of another shape": (
        image(3, against="b"),
        "image_operations[3].against",
        "same rows, columns and groups",
    ),
    "itself as reference": (image(0, against="a"), "image_operations[0].against", "another one"),
    "array of nobody": (
        image(3, array="a.fats"),
        "image_operations[3].array",
        "did you mean 'a.fast'",
    ),
    "polarity of a read": (
        image(0, polarity_phases=2),
        "image_operations[0].polarity_phases",
        "no meaning",
    ),
    "three polarities": (
        image(2, polarity_phases=3),
        "image_operations[2].polarity_phases",
        "0, 1, 2, 4",
    ),
    "drawn reads": (image(0, random=False), "image_operations[0].random", "no meaning"),
    "batch left out": (
        (("batch_operations", 0), {"every": 2}),
        "batch_operations[0].every",
        "only an image operation",
    ),
    "pulses on the way forward": (
        image(0, kind="pulse_update"),
        "image_operations[0].kind",
        "the phase forward has no such",
    ),
    "write on the way backward": (
        image(1, kind="write"),
        "image_operations[1].kind",
        "the phase backward has no such",
    ),
    "setup in an image": (
        image(2, phase="setup"),
        "image_operations[2].phase",
        "not a phase of image_operations",
    ),
    "forward once a batch": (
        (("batch_operations", 0), {"phase": "forward", "kind": "read"}),
        "batch_operations[0].phase",
        "not a phase",
    ),
    "update before the first image": (
        (("setup_operations", 0), {"phase": "update"}),
        "setup_operations[0].phase",
        "not a phase of",
    ),
    "after a later one": (
        image(0, after=["a.update"]),
        "image_operations[0].after",
        "stand before it",
    ),
    "after itself": (image(2, after=["a.update"]), "image_operations[2].after", "stand before it"),
    "setup after an image": (
        (("setup_operations", 0), {"after": ["a.forward"]}),
        "setup_operations[0].after",
        "of setup_operations",
    ),
    "rows that steps do not make": (
        image(0, steps_per_row=2, rows_out=2),
        "image_operations[0].steps_per_row",
        "divisor of 5",
    ),
    "rows out": (
        image(0, steps_per_row=1, rows_out=4),
        "image_operations[0].rows_out",
        "allowed: 5",
    ),
    "pools without rows": (
        image(0, pools=[[{"kernel": 2, "stride": 2}, 2]]),
        "image_operations[0].steps_per_row",
        "rows of steps",
    ),
    "inference with a scheme": (((), {"phase": "inference"}), "scheme", "an inference has none"),
    "inference that goes backwards": (
        (
            (),
            {"phase": "inference", "scheme": None, "batch_operations": [], "setup_operations": []},
        ),
        "image_operations[1].phase",
        "forward only",
    ),
    "lender of nothing": (
        (("matrices", 1), {"lender": "a"}),
        "matrices[1].lender",
        "lends nothing",
    ),
    "borrowed of itself": (
        (("matrices", 1), {"lender": "a.fast", "borrowed": ["adc"]}),
        "matrices[1].lender",
        "none has it",
    ),
    "borrowed of nobody": (
        (("matrices", 1), {"borrowed": ["adc"]}),
        "matrices[1].lender",
        "no matrix of this name",
    ),
    "chip without settings": (
        ((), {"chip": {"name": "rpu", "digest": "0"}}),
        "chip.settings",
        "missing",
    ),
    "chip that was changed": (
        ((), {"chip": {"name": "rpu", "digest": "0" * 64, "settings": {}}}),
        "chip.digest",
        "changed or damaged",
    ),
}


def changed(change):
    document = copy.deepcopy(HAND)
    path, fields = change
    place = document
    for step in path:
        place = place[step]
    for name, value in fields.items():
        place[name] = value
    return document


def test_the_trace_by_hand_is_sound(tmp_path):
    path = tmp_path / "x.json"
    path.write_text(json.dumps(HAND))
    assert archsim.simulate(path, "rpu", timing=False).energy_j > 0


@pytest.mark.parametrize("fault", list(CONTRADICTIONS))
def test_contradictions(fault, tmp_path):
    change, field, words = CONTRADICTIONS[fault]
    path = tmp_path / "x.json"
    path.write_text(json.dumps(changed(change)))
    with pytest.raises(InputError) as error:
        load_trace(path)
    assert error.value.where == f"{path}: {field}", error.value.message
    assert words in error.value.message


@pytest.mark.parametrize(("coincidences", "code"), [(1e6, 2), (1.001, 2), (1.0, 0)])
def test_coincidences_against_the_trains_of_the_chip(coincidences, code, tmp_path, capsys):
    """cim40 has trains of 10 slots; with a pulse in a tenth of them on either side, one coincidence
    is the most.
    """
    activity = {"row_pulses": 0.1, "column_pulses": 0.1, "coincidences": coincidences}
    path = tmp_path / "x.json"
    path.write_text(json.dumps(changed(image(2, activity=activity))))
    assert (
        main(["run", str(path), "--no-timing", "--json", "--set", "read.transposed=true"]) == code
    )
    assert not code or ("10 slots" if coincidences < 2 else "any chip") in capsys.readouterr().err


def test_coincidences_alone_are_held_against_the_slots(tmp_path):
    path = tmp_path / "x.json"
    path.write_text(json.dumps(changed(image(2, activity={"coincidences": 12.0}))))
    with pytest.raises(InputError, match="up to 10: 10 slots"):
        archsim.simulate(path, "rpu", timing=False)
    assert (
        archsim.simulate(
            path, archsim.load_architecture("rpu", {"update.train_length": 12}), timing=False
        ).energy_j
        > 0
    )


@pytest.mark.parametrize("network", ["digits_cnn", "resnet18_cifar", "lstm"])
def test_every_scheme_writes_what_the_reader_takes(network, tmp_path):
    """Nothing that the product itself writes is a contradiction, on chips with the shortest trains
    either.
    """
    schema = jsonschema.Draft202012Validator(trace_schema())
    for name in (None, *list_schemes()):
        trace = build_trace(
            load_network(network),
            load_scheme(name) if name else None,
            "training" if name else "inference",
            3,
        )
        path = save_trace(trace, tmp_path / "x.json")
        assert load_trace(path) == trace
        schema.validate(json.loads(path.read_text()))
    archsim.simulate(
        build_trace(load_network("mlp_100"), load_scheme("rpu"), "training"),
        archsim.load_architecture("rpu", {"update.train_length": 1}),
        timing=False,
    )


def test_the_published_schema_is_that_of_the_reader(capsys):
    import archsim.trace.file as file

    shipped = json.loads(
        (file.Path(file.__file__).parent / "trace.schema.json").read_text(encoding="utf-8")
    )
    assert shipped == trace_schema()
    jsonschema.Draft202012Validator.check_schema(shipped)
    assert main(["show", "schema", "trace"]) == 0
    assert json.loads(capsys.readouterr().out) == shipped
    # every field of what a trace holds is in it
    for cls, place in (
        (Trace, shipped),
        (Operation, shipped["properties"]["image_operations"]["items"]),
        (LayerMatrix, shipped["properties"]["matrices"]["items"]),
        (Activity, shipped["properties"]["image_operations"]["items"]["properties"]["activity"]),
    ):
        assert {field.name for field in dataclasses.fields(cls)} - {"version"} == set(
            place["properties"]
        ) - {"archsim_trace"}


@pytest.mark.parametrize(
    "change",
    [
        ((), {"batchs": 2}),
        ((), {"batch": 0}),
        ((), {"phase": "train"}),
        image(0, steps=1.5),
        image(0, kind="raed"),
        image(0, after="a"),
        image(0, activity={"input_density": 2}),
        image(0, pools=[[{"kernel": 0}, 1]]),
        image(0, unit_work={"adc": {"step": 1}}),
        image(0, vector_work={"ad": 1}),
        (("matrices", 0), {"rows": 0}),
        (("matrices", 0), {"borrowed": ["adcs"]}),
        ((), {"chip": {"name": "x"}}),
        ((), {"archsim_trace": 2}),
        image(0, input_elements=-1),
        ((), {"device": 3}),
        image(0, unit_work={"a.b": {"steps": 1}}),
    ],
)
def test_schema_and_reader_refuse_alike(change, tmp_path):
    document, path = changed(change), tmp_path / "x.json"
    assert not jsonschema.Draft202012Validator(trace_schema()).is_valid(document)
    path.write_text(json.dumps(document))
    with pytest.raises(InputError):
        load_trace(path)
