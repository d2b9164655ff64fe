"""Classifiers of images by convolution, written as their papers have them."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from docs.from_code.zoo.dense import block


class Residual(nn.Module):
    """Two convolutions and a way around them (He 2016); with `squeeze`, SE-ResNet (Hu 2018)."""

    def __init__(self, inputs: int, outputs: int, stride: int, squeeze: bool = False):
        super().__init__()
        self.first = block(inputs, outputs, stride=stride)
        self.second = nn.Sequential(
            nn.Conv2d(outputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs)
        )
        changes = stride > 1 or inputs != outputs
        self.around = nn.Conv2d(inputs, outputs, 1, stride, bias=False) if changes else None
        self.gate = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(outputs, 4, 1),
            nn.ReLU(),
            nn.Conv2d(4, outputs, 1),
            nn.Sigmoid(),
        )
        self.squeeze = squeeze

    def forward(self, x: Tensor) -> Tensor:
        made = self.second(self.first(x))
        if self.squeeze:
            made = made * self.gate(made)
        return torch.relu(made + (x if self.around is None else self.around(x)))


class Dense(nn.Module):
    """Each layer sees all maps before it (DenseNet, Huang 2017)."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(block(8 + 4 * k, 4) for k in range(3))

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = torch.cat([x, layer(x)], 1)
        return x


class Inception(nn.Module):
    """Windows of several sizes side by side (GoogLeNet, Szegedy 2015)."""

    def __init__(self, inputs: int):
        super().__init__()
        self.one = nn.Conv2d(inputs, 4, 1)
        self.three = nn.Sequential(nn.Conv2d(inputs, 4, 1), nn.Conv2d(4, 8, 3, padding=1))
        self.five = nn.Sequential(nn.Conv2d(inputs, 2, 1), nn.Conv2d(2, 4, 5, padding=2))
        self.pool = nn.Sequential(nn.MaxPool2d(3, 1, 1), nn.Conv2d(inputs, 4, 1))

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([way(x) for way in (self.one, self.three, self.five, self.pool)], 1)


class Fire(nn.Module):
    """A narrow layer, then windows of one and three (SqueezeNet, Iandola 2016)."""

    def __init__(self, inputs: int, narrow: int, wide: int):
        super().__init__()
        self.narrow = nn.Conv2d(inputs, narrow, 1)
        self.one = nn.Conv2d(narrow, wide, 1)
        self.three = nn.Conv2d(narrow, wide, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.narrow(x))
        return torch.relu(torch.cat([self.one(x), self.three(x)], 1))


class Shuffled(nn.Module):
    """Half of the channels pass, half go through, then they mix (ShuffleNet v2, Ma 2018)."""

    def __init__(self, channels: int):
        super().__init__()
        half = channels // 2
        self.way = nn.Sequential(
            nn.Conv2d(half, half, 1),
            nn.ReLU(),
            nn.Conv2d(half, half, 3, padding=1, groups=half),
            nn.Conv2d(half, half, 1),
            nn.ReLU(),
        )

    def forward(self, x: Tensor) -> Tensor:
        passed, taken = x.chunk(2, 1)
        joined = torch.cat([passed, self.way(taken)], 1)
        batch, channels, height, width = joined.shape
        split = joined.view(batch, 2, channels // 2, height, width)
        return split.transpose(1, 2).reshape(batch, channels, height, width)


class Mixer(nn.Module):
    """Linear layers over patches and over features in turn (MLP-Mixer, Tolstikhin 2021)."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, 16, 4, 4)
        self.norms = nn.ModuleList(nn.LayerNorm(16) for _ in range(3))
        self.tokens = nn.Sequential(nn.Linear(16, 24), nn.GELU(), nn.Linear(24, 16))
        self.features = nn.Sequential(nn.Linear(16, 32), nn.GELU(), nn.Linear(32, 16))
        self.head = nn.Linear(16, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = x + self.tokens(self.norms[0](x).transpose(1, 2)).transpose(1, 2)
        x = x + self.features(self.norms[1](x))
        return self.head(self.norms[2](x).mean(1))


def _inverted() -> nn.Sequential:
    """The block of MobileNet v3: depthwise, hard swish (Howard 2019)."""
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, 2, 1),
        nn.Hardswish(),
        nn.Conv2d(8, 24, 1),
        nn.Hardswish(),
        nn.Conv2d(24, 24, 5, 2, 2, groups=24),
        nn.BatchNorm2d(24),
        nn.Hardswish(),
        nn.Conv2d(24, 8, 1),
        *_head(8),
    )


def _head(channels: int) -> tuple[nn.Module, ...]:
    return nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 10)


def _lenet() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2),
        nn.Tanh(),
        nn.AvgPool2d(2),
        nn.Conv2d(6, 16, 5),
        nn.Tanh(),
        nn.AvgPool2d(2),
        nn.Flatten(),
        nn.Linear(400, 120),
        nn.Tanh(),
        nn.Linear(120, 84),
        nn.Tanh(),
        nn.Linear(84, 10),
    )


def _alexnet() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(3, 16, 11, 4, 2),
        nn.ReLU(),
        nn.LocalResponseNorm(5),
        nn.MaxPool2d(3, 2),
        nn.Conv2d(16, 32, 5, padding=2, groups=2),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(2),
        nn.Flatten(),
        nn.Dropout(),
        nn.Linear(128, 10),
    )


def _vgg() -> nn.Sequential:
    return nn.Sequential(
        *(block(3, 8), nn.MaxPool2d(2), block(8, 16), nn.MaxPool2d(2)),
        *(block(16, 16), nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(256, 10)),
    )


def _volumes() -> nn.Sequential:
    """Windows over frames too (C3D, Tran 2015)."""
    return nn.Sequential(
        nn.Conv3d(3, 4, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool3d((1, 2, 2)),
        nn.Conv3d(4, 8, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool3d(2),
        nn.Flatten(),
        nn.Linear(8 * 2 * 2 * 2, 5),
    )


def _picture(size: int = 16) -> tuple[Tensor, ...]:
    return (torch.rand(1, 3, size, size, generator=torch.Generator().manual_seed(4)),)


def _residual(squeeze: bool) -> nn.Sequential:
    layers = (Residual(8, 8, 1, squeeze), Residual(8, 16, 2, squeeze))
    return nn.Sequential(block(3, 8), *layers, *_head(16))


NETWORKS = {
    "LeNet-5": lambda: (_lenet(), (torch.rand(1, 1, 28, 28),)),
    "AlexNet": lambda: (_alexnet(), _picture(63)),
    "VGG": lambda: (_vgg(), _picture()),
    "ResNet-18's blocks": lambda: (_residual(False), _picture()),
    "SE-ResNet": lambda: (_residual(True), _picture()),
    "GoogLeNet": lambda: (nn.Sequential(Inception(3), Inception(20), *_head(20)), _picture()),
    "DenseNet": lambda: (nn.Sequential(block(3, 8), Dense(), *_head(20)), _picture()),
    "SqueezeNet": lambda: (
        nn.Sequential(Fire(3, 4, 8), nn.MaxPool2d(3, 2, ceil_mode=True), *_head(16)),
        _picture(),
    ),
    "ShuffleNet v2": lambda: (nn.Sequential(block(3, 8), Shuffled(8), *_head(8)), _picture()),
    "MobileNet v3": lambda: (_inverted(), _picture()),
    "MLP-Mixer": lambda: (Mixer(), _picture()),
    "C3D": lambda: (_volumes(), (torch.rand(1, 3, 4, 8, 8),)),
}
