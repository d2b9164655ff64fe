"""Does a PyTorch module come over with its own names, its weights, and what it computes?"""

import copy
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest

import archsim
from archsim.operators.array_forward import network_forward
from archsim.run.trained_weights import trained_tensors
from workloads.torch_module import from_torch

ROOT = Path(__file__).parents[2]


@pytest.fixture
def torch():
    pytest.importorskip("onnx")
    pytest.importorskip("onnxscript")
    return pytest.importorskip("torch", reason="PyTorch modules need the extra 'torch'")


def test_a_module_keeps_its_names_its_weights_and_its_function(torch):
    class Small(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.first = torch.nn.Conv2d(1, 3, 3, padding=1)
            self.norm = torch.nn.BatchNorm2d(3)
            self.drop = torch.nn.Dropout(0.5)
            self.head = torch.nn.Linear(3 * 16, 5)

        def forward(self, x):
            x = self.drop(torch.relu(self.norm(self.first(x))))
            return self.head(torch.max_pool2d(x, 2).flatten(1))

    torch.manual_seed(0)
    module = Small()
    module.norm.running_mean.normal_()
    module.train()
    network = archsim.from_torch(module, torch.zeros(1, 1, 8, 8))
    assert module.training and module.drop.training  # left as it was
    assert [layer.name for layer in network.array_layers] == ["first", "head"]
    assert network.name == "Small" and "PyTorch" in network.source
    # 8 x 8 places of 3 filters of 3 x 3; 48 features to 5
    rows = {row.layer: row for row in archsim.check(network).layers}
    assert rows["first"].macs == 64 * 27 and rows["head"].weights == 240
    module.eval()
    image = np.random.default_rng(0).random((1, 1, 8, 8), np.float32)
    tensors = trained_tensors(network).tensors
    known = network_forward(network, {network.layers[0].name: image[0]}, tensors)
    wanted = module(torch.tensor(image)).detach().numpy()[0]
    assert np.allclose(known[network.layers[-1].name], wanted, atol=1e-5)


def test_what_is_no_module_is_refused(torch):
    with pytest.raises(archsim.InputError, match="not a PyTorch module"):
        archsim.from_torch("net.pt", torch.zeros(1))
    with pytest.raises(archsim.InputError, match="an example is a tensor"):
        archsim.from_torch(torch.nn.ReLU(), [[1.0]])
    with pytest.raises(archsim.InputError, match="PyTorch cannot export"):
        archsim.from_torch(torch.nn.Linear(4, 2), torch.zeros(1, 3))


def test_without_pytorch_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(archsim.InputError, match=r"archsim\[torch\]"):
        from_torch(object(), None)


def test_a_module_that_has_no_form_in_onnx_is_refused_with_its_function(torch):
    class Largest(torch.nn.Module):
        def forward(self, x):
            return torch.cummax(x, 1)[0]

    with pytest.raises(archsim.InputError, match=r"No ONNX function found for .*aten\.cummax"):
        archsim.from_torch(Largest(), torch.zeros(1, 3))

    class Sorted(torch.nn.Module):
        def forward(self, x):
            return torch.topk(x, 2)[0]

    # by the module, not by the file that it was exported to
    with pytest.raises(archsim.InputError, match=r"module Sorted: node \d+ .*\(TopK\)") as fault:
        archsim.from_torch(Sorted(), torch.zeros(1, 3))
    assert ".onnx" not in str(fault.value)


def test_the_example_loses_nothing_at_high_resolution_and_falls_with_the_bits(torch):
    results = runpy.run_path(str(ROOT / "docs" / "examples" / "trained_in_pytorch.py"))["main"]()
    high, usual, low = (results[name] for name in ("high resolution", "as it comes", "few bits"))
    assert abs(high.accuracy_percent - high.reference_accuracy_percent) <= 0.5
    assert high.reference_accuracy_percent > 90
    assert high.accuracy_percent + 0.5 >= usual.accuracy_percent > low.accuracy_percent


@pytest.mark.parametrize("kind", ["module", "exported", "half"])
def test_equal_layers_have_arrays_of_their_own_and_one_layer_has_one(torch, kind):
    """Copies that nobody has trained yet, and layers that begin with zeros, are equal and not the same."""

    class Equal(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.first = torch.nn.Linear(8, 8)
            self.same = self.first
            self.copy = copy.deepcopy(self.first)
            self.zeros = torch.nn.Linear(8, 8, bias=False)
            self.more_zeros = torch.nn.Linear(8, 8, bias=False)
            for layer in (self.zeros, self.more_zeros):
                torch.nn.init.zeros_(layer.weight)

        def forward(self, x):
            x = self.same(torch.tanh(self.copy(torch.tanh(self.first(x)))))
            return self.more_zeros(self.zeros(x) + x)

    module, example = Equal().eval(), torch.zeros(1, 8)
    if kind == "half":
        module, example = module.half(), example.half()
    before = copy.deepcopy(module.state_dict())
    given = torch.export.export(module, (example,)) if kind == "exported" else module
    network = archsim.from_torch(given, example)
    assert network.weights == 4 * 64
    assert [bool(layer.shares) for layer in network.array_layers] == [
        False,
        False,
        True,
        False,
        False,
    ]
    held = network.tensors.read()
    for name in ("copy", "zeros", "more_zeros"):
        wanted = before[f"{name}.weight"].float().numpy()
        assert (held[name]["weights"] == wanted).all()
    for after in (module.state_dict(), given.state_dict if kind == "exported" else before):
        assert all(torch.equal(after[name], before[name]) for name in before)
