"""A module trained in PyTorch on the arrays of three chips: `python docs/examples/trained_in_pytorch.py`,
with the extra 'torch'.
"""

import torch

import archsim
from workloads import Dataset

FINE = {"read.input_bits": 12, "read.adc_bits": 12, "vector_unit.format": "fp32"}
COARSE = {"read.input_bits": 3, "read.adc_bits": 3}
CHIPS = {
    "high resolution": ("cim40", FINE, "exact"),
    "as it comes": ("cim40", {}, None),
    "few bits": ("cim40", COARSE, None),
}


def train(data: Dataset, epochs: int = 12) -> torch.nn.Module:
    """A small convolutional network for the digits."""
    torch.manual_seed(1)
    module = torch.nn.Sequential()
    module.add_module("conv", torch.nn.Conv2d(1, 8, 3))
    module.add_module("relu", torch.nn.ReLU())
    module.add_module("flatten", torch.nn.Flatten())
    module.add_module("fc", torch.nn.Linear(8 * 36, 10))
    images = torch.tensor(data.train_images)
    labels = torch.tensor(data.train_labels)
    optimiser = torch.optim.Adam(module.parameters(), 0.005)
    for _ in range(epochs):
        for chosen in torch.randperm(len(images)).split(64):
            optimiser.zero_grad()
            torch.nn.functional.cross_entropy(module(images[chosen]), labels[chosen]).backward()
            optimiser.step()
    return module


def main() -> dict[str, archsim.Result]:
    """Train, bring the module over, and test it on each chip."""
    data = archsim.load_dataset("digits")
    module = train(data)
    network = archsim.from_torch(module, torch.zeros(1, 1, 8, 8))
    results = {}
    for name, (chip, settings, device) in CHIPS.items():
        built = archsim.load_architecture(chip, settings)
        results[name] = archsim.infer(network, built, data, device=device, seeds=3)
        print(
            f"{name}: {results[name].accuracy_percent:.2f} %, "
            f"exact {results[name].reference_accuracy_percent:.2f} %, "
            f"{1e9 * results[name].energy_per_image_j:.3g} nJ an image"
        )
    return results


if __name__ == "__main__":
    main()
