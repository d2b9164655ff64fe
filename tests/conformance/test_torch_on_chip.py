"""Does a PyTorch module on a chip compute, learn and cost what its layers on arrays do?"""

import runpy
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import archsim
from tests.conformance.test_device_values import device_file

torch: ModuleType


@pytest.fixture(scope="module", autouse=True)
def _load_torch():
    """PyTorch takes seconds to load: where a test of this file runs, not wherever tests are found."""
    global torch
    torch = pytest.importorskip("torch", reason="PyTorch modules need the extra 'torch'")
    pytest.importorskip("onnxscript")


EXACT = {
    "device": "exact",
    "digital.value_bits": 0,
    "learning_rate": 0.1,
    "read.input_bits": 0,
    "read.input_bound": 1e9,
    "read.output_bits": 0,
    "read.output_bound": 0.0,
    "read.output_noise": 0.0,
    "read.noise_management": "off",
    "read.bound_management": "off",
}


def small():
    torch.manual_seed(3)
    return torch.nn.Sequential(
        torch.nn.Conv2d(1, 3, 3, padding=1),
        torch.nn.BatchNorm2d(3),
        torch.nn.ReLU(),
        torch.nn.MaxPool2d(2),
        torch.nn.Flatten(),
        torch.nn.Linear(48, 10),
    )


def digits(count):
    data = archsim.load_dataset("digits").first(train=count)
    return torch.from_numpy(data.train_images.copy()), torch.from_numpy(data.train_labels.copy())


def on_chip(module, **words):
    from archsim.torch import on_chip

    chip = archsim.load_architecture("cim40", {"vector_unit.format": "fp32"})
    return on_chip(module, torch.zeros(1, 1, 8, 8), chip, **words)


def test_with_exact_weights_a_step_is_that_of_pytorch():
    module = small()
    analog = on_chip(module, batch=4, settings=EXACT)
    images, labels = digits(4)
    plain = torch.optim.SGD(module.parameters(), lr=0.1)
    rest = torch.optim.SGD(analog.other_parameters(), lr=0.1)
    rule = analog.optimiser()
    loss = torch.nn.functional.cross_entropy
    for _ in range(3):
        for model, optimisers in ((module, [plain]), (analog, [rest, rule])):
            for optimiser in optimisers:
                optimiser.zero_grad()
            loss(model(images), labels).backward()
            for optimiser in optimisers:
                optimiser.step()
    for name, index in (("0", 0), ("5", 5)):
        arrays = analog.layers[name].arrays.machine.arrays.layer_weights()[name]
        wanted = module[index].weight.detach().reshape(len(arrays), -1).numpy()
        np.testing.assert_allclose(arrays[:, :-1], wanted, atol=2e-5)
        np.testing.assert_allclose(arrays[:, -1], module[index].bias.detach(), atol=2e-5)
    norm = analog.module[1].weight.detach()
    np.testing.assert_allclose(norm, module[1].weight.detach(), atol=2e-5)


def edges():
    """Convolutions of a line and of an image, whose edges are zeros, a ring, or made before them."""

    class Causal(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = torch.nn.Conv1d(4, 4, 3, dilation=2)

        def forward(self, x):
            return self.inner(torch.nn.functional.pad(x, (4, 0)))

    torch.manual_seed(4)
    return torch.nn.Sequential(
        torch.nn.Conv2d(1, 2, 3, padding=1, padding_mode="circular"),
        torch.nn.ZeroPad2d((1, 0, 2, 0)),
        torch.nn.Conv2d(2, 4, 2, padding="same"),
        torch.nn.Flatten(2),
        torch.nn.Conv1d(4, 4, 3, padding=2, stride=2),
        torch.nn.Tanh(),
        Causal(),
        torch.nn.ConvTranspose1d(4, 2, 3, stride=2, padding=1, output_padding=1, dilation=2),
        torch.nn.Unflatten(1, (2, 1)),
        torch.nn.ConvTranspose2d(2, 4, (2, 3), stride=(2, 1), padding=(0, 1), groups=2, bias=False),
        torch.nn.Flatten(),
        torch.nn.Linear(4 * 2 * 94, 10),
    )


def test_lines_edges_and_windows_are_those_of_pytorch():
    from archsim.torch.modules import matrix_of

    module = edges()
    analog = on_chip(module, batch=4, settings=EXACT)
    assert list(analog.layers) == ["0", "2", "4", "6.inner", "7", "9", "11"]
    images, labels = digits(4)
    plain = torch.optim.SGD(module.parameters(), lr=0.1)
    rest = torch.optim.SGD(analog.other_parameters(), lr=0.1)
    rule = analog.optimiser()
    with torch.no_grad():
        np.testing.assert_allclose(analog(images), module(images), atol=1e-5)
    for model, optimisers in ((module, [plain]), (analog, [rest, rule])):
        for optimiser in optimisers:
            optimiser.zero_grad()
        torch.nn.functional.cross_entropy(model(images), labels).backward()
        for optimiser in optimisers:
            optimiser.step()
    for name in analog.layers:
        arrays = analog.layers[name].arrays.machine.arrays.layer_weights()[name]
        wanted = matrix_of(module.get_submodule(name))
        np.testing.assert_allclose(arrays, wanted, atol=2e-5)
    folded = analog.module[7].bias.detach()
    np.testing.assert_allclose(folded, module[7].bias.detach(), atol=2e-5)
    assert analog.price().area_mm2 > 0


def test_products_inside_of_attention_are_refused_by_name():
    layer = torch.nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    with pytest.raises(archsim.InputError, match=r"self_attn\.out_proj.*MultiheadAttention"):
        on_chip(torch.nn.Sequential(torch.nn.Flatten(0, 1), torch.nn.TransformerEncoder(layer, 2)))


@pytest.mark.study
def test_it_learns_on_devices_and_is_priced_with_its_activity():
    analog = on_chip(small(), scheme="sgd", batch=1, seed=2, settings={"learning_rate": 0.05})
    images, labels = digits(500)
    rule = analog.optimiser()
    rest = torch.optim.SGD(analog.other_parameters(), lr=0.05)
    losses = []
    analog.module.train()
    analog.module[1].eval()  # statistics of a single image are none
    for image, label in zip(images, labels):
        rule.zero_grad()
        rest.zero_grad()
        loss = torch.nn.functional.cross_entropy(analog(image[None]), label[None])
        loss.backward()
        rule.step()
        rest.step()
        losses.append(float(loss.detach()))
    assert np.mean(losses[-100:]) < 0.8 * np.mean(losses[:100])
    machine = analog.layers["5"].arrays.machine
    assert machine.arrays.writes.any() and machine.results[2] == 500
    priced = analog.price()
    assert priced.area_mm2 > 0
    assert any("measured" in str(value) for value in priced.document.values())


def test_a_test_between_forward_and_step_disturbs_nothing():
    analog = on_chip(small(), batch=2, settings=EXACT)
    images, labels = digits(2)
    rule = analog.optimiser()
    loss = torch.nn.functional.cross_entropy(analog(images), labels)
    analog.module.eval()
    with torch.no_grad():
        analog(images * 0)
    analog.module.train()
    loss.backward()
    before = analog.layers["5"].arrays.machine.arrays.layer_weights()["5"]
    rule.step()
    after = analog.layers["5"].arrays.machine.arrays.layer_weights()["5"]
    assert np.abs(after - before).max() > 1e-4


def test_loops_that_cannot_be_are_refused():
    analog = on_chip(small(), batch=2, settings=EXACT)
    images, labels = digits(3)
    rule = analog.optimiser()
    with pytest.raises(archsim.InputError, match="more images than a mini-batch"):
        analog(images)
    with pytest.raises(archsim.InputError, match="no errors came back"):
        rule.step()
    with pytest.raises(archsim.InputError, match="nothing was trained yet"):
        analog.price()
    analog(images[:2])
    with pytest.raises(archsim.InputError, match="read again before"):
        analog(images[:2])
    with pytest.raises(archsim.InputError, match="two errors"):
        on_chip(small(), scheme="dsc")


def test_a_pass_that_ended_early_is_forgotten():
    images, labels = digits(2)
    after = []
    for early in (False, True):
        analog = on_chip(small(), batch=2, settings=EXACT)
        analog.module[1].eval()
        rule = analog.optimiser()
        if early:
            analog(images * 0.5)  # and nothing comes of it
            with pytest.raises(archsim.InputError, match="forget"):
                analog(images)
            analog.forget()
        torch.nn.functional.cross_entropy(analog(images), labels).backward()
        rule.step()
        after.append(analog.layers["0"].arrays.machine.arrays.layer_weights()["0"])
    np.testing.assert_array_equal(*after)


@pytest.mark.study
def test_the_example_learns_and_is_priced():
    path = Path(__file__).parents[2] / "docs" / "examples" / "own_loop.py"
    result = runpy.run_path(str(path))["main"]()
    assert result.document["right_percent"] > 60  # of ten classes, after 50 mini-batches
    assert result.energy_per_image_j > 0


def test_a_module_is_priced_with_the_cells_of_its_device(tmp_path):
    device = device_file(tmp_path, lowest_conductance_us=2.0, highest_conductance_us=18.0)
    analog = on_chip(small(), scheme="rpu", batch=1, settings={"device": device})
    assert analog.chip.components["array"].parameters["conductance_us"] == 10  # the middle of both
    assert any("lab" in note and "conductance" in note for note in analog.notes)
