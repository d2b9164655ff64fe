"""Networks of other forms: sums along states, capsules, weights with a norm, volumes, waves, graphs."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils import parametrizations


def _seeded(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1))


class MobileBlock(nn.Module):
    """EfficientNet's block: expansion, depthwise, squeeze and excite, projection."""

    def __init__(self, width: int, kernel: int):
        super().__init__()
        inner = 4 * width
        self.expand = nn.Sequential(
            nn.Conv2d(width, inner, 1, bias=False), nn.BatchNorm2d(inner), nn.SiLU()
        )
        self.depthwise = nn.Sequential(
            nn.Conv2d(inner, inner, kernel, padding=kernel // 2, groups=inner, bias=False),
            nn.BatchNorm2d(inner),
            nn.SiLU(),
        )
        self.squeeze = nn.Conv2d(inner, width // 2, 1)
        self.excite = nn.Conv2d(width // 2, inner, 1)
        self.project = nn.Sequential(nn.Conv2d(inner, width, 1, bias=False), nn.BatchNorm2d(width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.depthwise(self.expand(x))
        gate = self.excite(functional.silu(self.squeeze(y.mean((2, 3), keepdim=True))))
        out: torch.Tensor = x + self.project(y * torch.sigmoid(gate))
        return out


def _efficient() -> Any:
    stem = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8), nn.SiLU())
    head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.2), nn.Linear(8, 10))
    return nn.Sequential(stem, MobileBlock(8, 3), MobileBlock(8, 5), head), (_seeded(1, 3, 24, 24),)


class Residual3D(nn.Module):
    """R(2+1)D: a plane, then time, with a shortcut."""

    def __init__(self, width: int):
        super().__init__()
        self.plane = nn.Conv3d(width, width, (1, 3, 3), padding=(0, 1, 1), groups=2, bias=False)
        self.time = nn.Conv3d(width, width, (3, 1, 1), padding=(1, 0, 0), bias=False)
        self.first, self.second = nn.BatchNorm3d(width), nn.BatchNorm3d(width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = torch.relu(self.first(self.plane(x)))
        return torch.relu(x + self.second(self.time(y)))


def _video() -> Any:
    stem = nn.Sequential(nn.Conv3d(3, 8, 3, stride=(1, 2, 2), padding=1), nn.MaxPool3d(2))
    head = nn.Sequential(nn.AdaptiveAvgPool3d(1), nn.Flatten(), nn.Linear(8, 5))
    return nn.Sequential(stem, Residual3D(8), head), (_seeded(1, 3, 4, 16, 16),)


class EDSR(nn.Module):
    """Super-resolution: unshuffled in, residuals of a tenth, shuffled out."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Conv2d(12, 8, 3, padding=1)
        self.body = nn.ModuleList(
            nn.Sequential(nn.Conv2d(8, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 8, 3, padding=1))
            for _ in range(2)
        )
        self.tail = nn.Conv2d(8, 48, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = first = self.head(functional.pixel_unshuffle(x, 2))
        for block in self.body:
            y = y + 0.1 * block(y)
        return functional.pixel_shuffle(self.tail(y + first), 4)


class Capsules(nn.Module):
    """Capsules routed by agreement, two rounds."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 16, 5, 2)
        self.weight = nn.Parameter(0.1 * torch.randn(16, 4, 6, 4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        u = self._squash(self.conv(x).reshape(1, 16, 4))
        votes = (u[:, :, None, None, :] * self.weight).sum(-1)
        logits = torch.zeros(1, 16, 4)
        for _ in range(2):
            shares = functional.softmax(logits, -1)
            v = self._squash((shares[..., None] * votes).sum(1))
            logits = logits + (votes * v[:, None]).sum(-1)
        return v.norm(dim=-1)

    @staticmethod
    def _squash(x: torch.Tensor) -> torch.Tensor:
        square = (x * x).sum(-1, keepdim=True)
        return x * square / (1 + square) / torch.sqrt(square + 1e-8)


class StateSpace(nn.Module):
    """Mamba's block, its scan written out: each state decays by a share that the input chooses."""

    def __init__(self, width: int = 8, states: int = 4):
        super().__init__()
        self.split = nn.Linear(width, 4 * width)
        self.mix = nn.Conv1d(2 * width, 2 * width, 3, padding=2, groups=2 * width)
        self.choose = nn.Linear(2 * width, 1 + 2 * states)
        self.step = nn.Linear(1, 2 * width)
        self.decay = nn.Parameter(torch.log(torch.arange(1.0, states + 1)).repeat(2 * width, 1))
        self.through = nn.Parameter(torch.ones(2 * width))
        self.out = nn.Linear(2 * width, width)
        self.states = states

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y, gate = self.split(x).chunk(2, -1)
        y = functional.silu(self.mix(y.transpose(1, 2))[..., : x.shape[1]].transpose(1, 2))
        step, enter, leave = self.choose(y).split([1, self.states, self.states], -1)
        step = functional.softplus(self.step(step))
        kept = torch.exp(-step[..., None] * self.decay.exp())
        put = (step * y)[..., None] * enter[:, :, None, :]
        state = torch.zeros(1, y.shape[-1], self.states)
        sums = []
        for t in range(x.shape[1]):
            state = kept[:, t] * state + put[:, t]
            sums.append((state * leave[:, t, None, :]).sum(-1))
        z = torch.stack(sums, 1) + y * self.through
        out: torch.Tensor = self.out(z * functional.silu(gate))
        return out


class Rays(nn.Module):
    """NeRF: waves of a place, a deep perceptron with a shortcut in its middle."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.ModuleList([nn.Linear(27, 16), nn.Linear(16, 16)])
        self.second = nn.ModuleList([nn.Linear(43, 16), nn.Linear(16, 4)])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        waves = x[..., None] * (2.0 ** torch.arange(4)) * math.pi
        y = entered = torch.cat([x, waves.sin().flatten(1), waves.cos().flatten(1)], -1)
        for layer in self.first:
            y = torch.relu(layer(y))
        y = torch.cat([y, entered], -1)
        y = self.second[1](torch.relu(self.second[0](y)))
        return torch.cat([torch.sigmoid(y[:, :3]), functional.softplus(y[:, 3:])], -1)


class Graph(nn.Module):
    """Two graph convolutions over one graph, whose normalised neighbours are a buffer."""

    def __init__(self, nodes: int = 9):
        super().__init__()
        links = (torch.rand(nodes, nodes, generator=torch.Generator().manual_seed(2)) < 0.3).float()
        links = ((links + links.T + torch.eye(nodes)) > 0).float()
        self.register_buffer("neighbours", links / links.sum(1, keepdim=True))
        self.first, self.second = nn.Linear(6, 8), nn.Linear(8, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = torch.relu(self.neighbours @ self.first(x))
        return functional.log_softmax(self.neighbours @ self.second(y), -1)


class Wave(nn.Module):
    """HiFi-GAN: transposed convolutions of a line, weights with a norm, dilated residuals."""

    def __init__(self) -> None:
        super().__init__()
        norm = partial(parametrizations.weight_norm)
        self.first = norm(nn.Conv1d(10, 12, 7, padding=3))
        self.up = norm(nn.ConvTranspose1d(12, 6, 8, 4, padding=2))
        self.near = norm(nn.Conv1d(6, 6, 3, padding=3, dilation=3))
        self.last = norm(nn.Conv1d(6, 1, 7, padding=3))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.up(functional.leaky_relu(self.first(x), 0.1))
        y = y + self.near(functional.leaky_relu(y, 0.1))
        return torch.tanh(self.last(functional.leaky_relu(y)))


NETWORKS = {
    "EfficientNet's blocks": _efficient,
    "R(2+1)D": _video,
    "EDSR": lambda: (EDSR(), (_seeded(1, 3, 12, 12),)),
    "Capsules": lambda: (Capsules(), (_seeded(1, 1, 8, 8),)),
    "Mamba, written out": lambda: (StateSpace(), (_seeded(1, 6, 8),)),
    "NeRF": lambda: (Rays(), (_seeded(1, 3),)),
    "GCN": lambda: (Graph(), (_seeded(1, 9, 6),)),
    "HiFi-GAN": lambda: (Wave(), (_seeded(1, 10, 6),)),
}
