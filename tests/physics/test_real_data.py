"""Real data through the simulated chip: equal to a plain NumPy forward pass within the converters'
resolution.
"""

import numpy as np
import pytest

import archsim
from tests.near import near
from workloads.network import Layer, Network

# Values are stored as they are: only the converters round.
WIDE = {"vector_unit.format": "fp32", "read.output_bits": 32}


def one_layer(rows, columns):
    inputs = Layer("input", "input", (), (), (rows,))
    return Network("one", (inputs, Layer("fc", "linear", ("input",), ((rows,),), (columns,))))


def run(network, settings=None, **data):
    chip = archsim.load_architecture("cim40", settings or {})
    return archsim.simulate(network, chip, **data)


@pytest.mark.parametrize("rows, columns", [(30, 5), (128, 64), (300, 150)])
@pytest.mark.parametrize("bits", [6, 8, 12])
def test_error_is_bounded_by_half_steps_of_both_converters(rows, columns, bits):
    random = np.random.default_rng(rows + bits)
    weights = random.standard_normal((columns, rows))
    image = random.random(rows)
    result = run(
        one_layer(rows, columns),
        WIDE | {"read.adc_bits": bits, "read.input_bits": bits},
        data={"images": image, "fc.weights": weights},
    )
    scale = image.max()
    # DAC: half a step of 1/(2^b - 2) of full scale on every row. ADC: half a step of its range on
    # every row split; its range is 1.05 x the largest exact partial sum of the split, so the DAC
    # may add a clip of at most its own error.
    dac = np.abs(weights).sum(axis=1) * scale / (2**bits - 2)
    adc = sum(
        1.05 * np.abs(weights[:, r : r + 128] @ image[r : r + 128]).max() / (2**bits - 2)
        for r in range(0, rows, 128)
    )
    error = np.abs(result.outputs[0] - weights @ image)
    assert (error <= 1.01 * (dac + adc) + 1e-5).all()
    assert error.max() > 0


@pytest.mark.parametrize("mode", ["layer_by_layer", "pipelined"])
@pytest.mark.parametrize("name", ["lenet1", "rpu_cnn", "mlp"])
def test_more_bits_come_closer_to_numpy(name, mode):
    errors = []
    for bits in (7, 11):
        result = run(
            name,
            WIDE | {"read.adc_bits": bits, "read.input_bits": bits, "execution.mode": mode},
            data="random",
            images=2,
            seed=5,
        )
        errors.append(np.abs(result.outputs - result.reference_outputs).max())
    # four more bits: steps 16 times smaller
    assert errors[1] < errors[0] / 6


def test_signed_reads_of_both_schedules_are_equal():
    outputs = [
        run(
            "lenet1",
            {"execution.mode": mode, "placement.copies.conv1": copies},
            data="random",
            images=2,
            seed=1,
        ).outputs
        for mode, copies in (("layer_by_layer", 1), ("pipelined", 1), ("pipelined", 4))
    ]
    assert np.array_equal(outputs[0], outputs[1])
    assert np.array_equal(outputs[0], outputs[2])


def test_saturation_costs_cycles_only_when_it_happens():
    quiet = run("rpu_cnn", {"physics.bound_management": True}, data="random", seed=2)
    assumed = run("rpu_cnn")
    narrow = run(
        "rpu_cnn",
        {"physics.bound_management": True, "physics.output_bound": 1.0},
        data="random",
        seed=2,
    )
    # an automatic range leaves at most the odd repeat at its margin
    assert quiet.cycles <= assumed.cycles + 64
    assert narrow.cycles > assumed.cycles
    assert narrow.tile_operations > assumed.tile_operations
    assert narrow.activity == quiet.activity == "measured"
    # a repeat takes the layer's tiles once more; the 128 converters of those that saturated convert
    for layer, tiles in {"k1": 1, "k2": 4, "w3": 8, "w4": 1}.items():
        repeats = of_layer(narrow, layer) - of_layer(assumed, layer)
        converted = conversions(narrow, layer) - conversions(assumed, layer)
        if tiles == 1:
            assert converted == near(128 * repeats)
        else:
            assert 128 * repeats / tiles <= converted * (1 + 1e-9) <= 128 * repeats
    assert of_layer(narrow, "k2") > of_layer(assumed, "k2")


def of_layer(result, layer):
    return sum(row["tile_operations"] for row in result.by_layer if row["layer"] == layer)


def conversions(result, layer):
    return sum(
        row["count"]
        for row in result.ledger
        if row["component"] == "adc" and row["action"] == "convert" and row["layer"] == layer
    )


def test_dual_column_bit_serial_reads_follow_numpy():
    chip = archsim.load_architecture("wu2023", {"physics.model": "dual_column"})
    result = archsim.simulate("lenet1", chip, data="random", seed=4)
    assert (
        np.abs(result.outputs - result.reference_outputs).max()
        < 0.05 * np.abs(result.reference_outputs).max() + 0.02
    )
    loud = archsim.load_architecture(
        "wu2023", {"physics.model": "dual_column", "physics.adc_noise_levels": 2.0}
    )
    noisy = archsim.simulate("lenet1", loud, data="random", seed=4)
    assert not np.array_equal(noisy.outputs, result.outputs)


def test_dual_column_reads_have_the_scale_of_the_inputs():
    # a code of all ones is 1: of 4 bits that is 15, and layers that divide by 16 or 17 lose a tenth
    few = {"physics.model": "dual_column", "read.adc_bits": 10, "read.input_bits": 4}
    chip = archsim.load_architecture("wu2023", few)
    for seed in (4, 5):
        result = archsim.simulate("lenet1", chip, data="random", seed=seed)
        outputs = result.outputs.ravel()
        reference = result.reference_outputs.ravel()
        assert outputs @ reference / (reference @ reference) == pytest.approx(1, abs=0.04)


def test_noise_follows_the_seed():
    noisy = {"physics.read_noise": 0.05}
    first, again, other = (run("mlp", noisy, data="random", seed=s) for s in (1, 1, 2))
    assert np.array_equal(first.outputs, again.outputs)
    assert not np.array_equal(first.outputs, other.outputs)


def test_a_step_that_runs_ahead_of_its_data_is_caught(monkeypatch):
    # break the dependency gate: every step says that its rows are there
    from archsim.soc.operation_run import OperationRun

    monkeypatch.setattr(OperationRun, "rows_ready", lambda self, rows: None)
    with pytest.raises(RuntimeError, match="had not arrived"):
        run("lenet1", {"execution.mode": "pipelined"}, data="random")


@pytest.mark.parametrize(
    "data, fault",
    [
        ({"images": np.zeros((3, 3))}, "images do not fit"),
        ({"images": np.full((1, 1, 28, 28), np.nan)}, "finite"),
        ({"conv1.weights": np.zeros((4, 24))}, "weights do not fit"),
        ({"conv9.weights": np.zeros((4, 25))}, "unknown array"),
        ({"conv1.bias": np.zeros(5)}, "bias does not fit"),
        ({"images": np.array(["a"])}, "finite"),
        ("mnist", "unknown data"),
    ],
)
def test_wrong_arrays_are_refused(data, fault):
    with pytest.raises(archsim.InputError, match=fault):
        run("lenet1", data=data)


def test_networks_without_values_are_refused():
    # rows of a table are never drawn at random
    with pytest.raises(archsim.InputError, match="no values; got 'table'"):
        run("gpt2_small", data="random")


def test_a_stored_value_is_off_by_half_a_step_of_its_bits():
    # 0.9 and less lie within the range 2^0; four bits have steps of 1/8 and end at 7/8
    weights = np.diag([0.9, 0.3, -0.55])
    image = np.ones(3)
    result = run(
        one_layer(3, 3),
        {"read.output_bits": 4, "read.adc_bits": 12, "read.input_bits": 12},
        data={"images": image, "fc.weights": weights},
    )
    assert (result.outputs[0] * 8).tolist() == [7, 2, -4]
