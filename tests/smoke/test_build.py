"""Is a built chip the one that runs, trains and is swept, and does it show itself?"""

import numpy as np
import pytest

import archsim
from hwlib.errors import InputError


@pytest.fixture(scope="module")
def step():
    return archsim.build("digits_cnn", "cim40", scheme="rpu", phase="training", batch=4)


def test_it_runs_as_simulate_does(step):
    alone = archsim.simulate("digits_cnn", "cim40", scheme="rpu", phase="training", batch=4)
    assert step.run() == alone
    assert (step.tiles, step.price.area_mm2) == (alone.tiles, alone.area_mm2)
    assert set(step.parts) == {row["component"] for row in alone.inventory}


def test_it_says_what_it_assumes(step):
    assert any("activity is assumed" in text for text in step.assumptions)
    assert set(step.assumptions) <= set(step.run(timing=False).notes)


def test_it_is_refused_where_a_run_is():
    for words, message in (
        ({"network": "lenet9"}, "lenet9"),
        ({"network": "lenet1", "chip": "cim41"}, "cim41"),
        ({"network": "lenet1", "images": 0}, "images"),
    ):
        with pytest.raises(InputError, match=message):
            archsim.build(**words)


def test_it_trains_its_own_network_chip_and_rule(step):
    trained = step.train(epochs=1, images=20, seed=3)
    alone = archsim.train("digits_cnn", "cim40", scheme="rpu", batch=4, epochs=1, images=20, seed=3)
    assert trained.epochs[-1]["test_loss"] == alone.epochs[-1]["test_loss"]
    assert trained.result.energy_j == alone.result.energy_j
    with pytest.raises(InputError, match="update rule"):
        archsim.build("digits_cnn", "cim40").train()


def test_it_infers_with_its_own_network_and_chip(step):
    random = np.random.default_rng(0)
    held = {
        f"{layer.name}.weights": random.normal(0, 0.2, (layer.matrix.columns, layer.matrix.rows))
        for layer in step.network.array_layers
    }
    held |= {
        f"{layer.name}.bias": np.zeros(layer.matrix.columns)
        for layer in step.network.array_layers
        if layer.bias
    }
    words = {"weights": held, "seeds": 1, "images": 8}
    alone = archsim.infer("digits_cnn", "cim40", "digits", **words)
    assert step.infer(**words).accuracy_percent == alone.accuracy_percent
    assert step.infer(node_nm=28.0, **words).area_mm2 < alone.area_mm2


def test_it_is_swept_with_all_else_the_same(step):
    rows = list(
        step.sweep(
            {"tile.rows": [64, 128]}, {"area_mm2": "minimise"}, rungs=[{"kind": "price"}]
        ).rows()
    )
    for row in rows:
        chip = archsim.load_architecture("cim40", {"tile.rows": row["tile.rows"]})
        alone = archsim.build("digits_cnn", chip, scheme="rpu", phase="training", batch=4)
        assert row["area_mm2"] == alone.price.area_mm2
    with pytest.raises(InputError, match="a name or a path"):
        alone.sweep({"tile.rows": [64]}, {"area_mm2": "minimise"})


def test_it_shows_itself_in_a_notebook(step):
    page = step._repr_html_()
    assert all(name in page for name in ("conv1", "adc_sar", "activity is assumed", "cim40"))
    assert len(repr(step)) < 120


def test_results_refuse_assignment_and_have_short_representations(step):
    result = step.price
    with pytest.raises(AttributeError, match="cannot be assigned"):
        result.area_mm2 = 1.0
    with pytest.raises(AttributeError, match="cannot be deleted"):
        del result.document
    assert len(repr(result)) < 120 and "mm²" in result._repr_html_()
    trained = archsim.train("digits_cnn", scheme="rpu", epochs=1, images=20)
    with pytest.raises(AttributeError):
        trained.result = result
    assert len(repr(trained)) < 150 and "accuracy" in trained._repr_html_()
