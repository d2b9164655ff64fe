"""A PyTorch module on the arrays of a chip, trained by a loop of one's own and priced with the activity it
had: `python docs/examples/own_loop.py`, with the extra 'torch'.
"""

import torch

import archsim
from archsim.torch import on_chip

BATCH = 8


def module() -> torch.nn.Module:
    """A small convolutional network with batch normalisation, which PyTorch computes and trains."""
    torch.manual_seed(1)
    parts = torch.nn.Sequential()
    parts.add_module("conv", torch.nn.Conv2d(1, 8, 3))
    parts.add_module("norm", torch.nn.BatchNorm2d(8))
    parts.add_module("relu", torch.nn.ReLU())
    parts.add_module("flatten", torch.nn.Flatten())
    parts.add_module("fc", torch.nn.Linear(8 * 36, 10))
    return parts


def main(images: int = 400) -> archsim.Result:
    """Train one epoch of the digits by mixed precision, test, and price the steps."""
    data = archsim.load_dataset("digits").first(train=images)
    chip = on_chip(
        module(), torch.zeros(1, 1, 8, 8), "cim40", scheme="mixed_precision", batch=BATCH
    )
    devices = chip.optimiser()  # the update rule, on the arrays
    rest = torch.optim.Adam(chip.other_parameters(), 0.004)  # what no array holds
    pictures, labels = torch.tensor(data.train_images), torch.tensor(data.train_labels)
    for chosen in torch.randperm(len(pictures)).split(BATCH):
        devices.zero_grad()
        rest.zero_grad()
        torch.nn.functional.cross_entropy(chip(pictures[chosen]), labels[chosen]).backward()
        devices.step()
        rest.step()
    chip.module.eval()
    with torch.no_grad():
        guessed = chip(torch.tensor(data.test_images)).argmax(1)
    right = float((guessed == torch.tensor(data.test_labels)).float().mean())
    result = chip.price()
    print(f"{100 * right:.1f} % right, {1e6 * result.energy_per_image_j:.3g} uJ an image")
    result.document["right_percent"] = 100 * right
    return result


if __name__ == "__main__":
    main()
