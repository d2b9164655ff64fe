"""Do the published schema of a trace and its reader say the same, and does every
rule write what they take?
"""

import dataclasses
import json

import jsonschema
import pytest

import archsim
from archsim.cli.main import main
from archsim.run.recorded_trace import load_trace
from archsim.schemes import list_schemes, load_scheme
from archsim.trace import build_trace, save_trace, trace_schema
from archsim.trace.layer_matrix import LayerMatrix
from archsim.trace.operation import Activity, Operation, Trace
from hwlib.errors import InputError
from tests.robustness.hand_trace import changed, image
from workloads import load_network


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
    for cls, where in (
        (Trace, shipped),
        (Operation, shipped["properties"]["image_operations"]["items"]),
        (LayerMatrix, shipped["properties"]["matrices"]["items"]),
        (Activity, shipped["properties"]["image_operations"]["items"]["properties"]["activity"]),
    ):
        assert {field.name for field in dataclasses.fields(cls)} - {"version"} == set(
            where["properties"]
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
    document = changed(change)
    path = tmp_path / "x.json"
    assert not jsonschema.Draft202012Validator(trace_schema()).is_valid(document)
    path.write_text(json.dumps(document))
    with pytest.raises(InputError):
        load_trace(path)
