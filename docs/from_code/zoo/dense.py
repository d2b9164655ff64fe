"""Networks that give a value a pixel, or work without an image: segmentation, generation, points."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def block(inputs: int, outputs: int, **fields: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=fields.pop("padding", 1), bias=False, **fields),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    )


class UNet(nn.Module):
    """Down, up by transposed convolution, and the maps of the way down beside (Ronneberger 2015)."""

    def __init__(self) -> None:
        super().__init__()
        self.one = nn.Sequential(block(3, 8), block(8, 8))
        self.two = nn.Sequential(block(8, 16), block(16, 16))
        self.three = block(16, 32)
        self.up_two = nn.ConvTranspose2d(32, 16, 2, stride=2)
        self.after_two = block(32, 16)
        self.up_one = nn.ConvTranspose2d(16, 8, 2, stride=2)
        self.after_one = block(16, 8)
        self.head = nn.Conv2d(8, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        one = self.one(x)
        two = self.two(F.max_pool2d(one, 2))
        deep = self.three(F.max_pool2d(two, 2))
        up = self.after_two(torch.cat([self.up_two(deep), two], 1))
        return self.head(self.after_one(torch.cat([self.up_one(up), one], 1)))


class FCN(nn.Module):
    """A head of classes, made as large as the image by interpolation (Long 2015)."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(block(3, 8, stride=2), block(8, 16, stride=2), block(16, 16))
        self.head = nn.Conv2d(16, 5, 1)

    def forward(self, x: Tensor) -> Tensor:
        scores = self.head(self.body(x))
        return F.interpolate(scores, size=x.shape[-2:], mode="bilinear", align_corners=False)


class DeepLab(nn.Module):
    """Dilated windows side by side, and the whole image's mean (DeepLab v3, Chen 2017)."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(block(3, 8, stride=2), block(8, 16, stride=2))
        self.plain = nn.Conv2d(16, 8, 1)
        self.wide = nn.ModuleList(block(16, 8, padding=d, dilation=d) for d in (2, 4))
        self.whole = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(16, 8, 1), nn.ReLU())
        self.head = nn.Conv2d(32, 5, 1)

    def forward(self, x: Tensor) -> Tensor:
        deep = self.body(x)
        whole = F.interpolate(self.whole(deep), size=deep.shape[-2:], mode="bilinear")
        joined = torch.cat([self.plain(deep), *(wide(deep) for wide in self.wide), whole], 1)
        return F.interpolate(self.head(joined), scale_factor=4, mode="bilinear")


class Yolo(nn.Module):
    """Two scales of detections, the second from an upsampled deep map (YOLO v3, Redmon 2018)."""

    def __init__(self) -> None:
        super().__init__()
        self.first = self._leaky(3, 8, 2)
        self.second = self._leaky(8, 16, 2)
        self.third = self._leaky(16, 32, 2)
        self.coarse = nn.Conv2d(32, 3 * 7, 1)
        self.narrow = self._leaky(32, 16, 1)
        self.fine = nn.Conv2d(32, 3 * 7, 1)

    def _leaky(self, inputs: int, outputs: int, stride: int) -> nn.Sequential:
        return nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.LeakyReLU(0.1),
        )

    def forward(self, x: Tensor) -> Tensor:
        second = self.second(self.first(x))
        third = self.third(second)
        up = F.interpolate(self.narrow(third), scale_factor=2, mode="nearest")
        maps = (self.coarse(third), self.fine(torch.cat([up, second], 1)))
        return torch.cat([scores.flatten(2).transpose(1, 2) for scores in maps], 1)


class Autoencoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.down = nn.Sequential(nn.Linear(64, 24), nn.SiLU(), nn.Linear(24, 6))
        self.up = nn.Sequential(nn.Linear(6, 24), nn.SiLU(), nn.Linear(24, 64), nn.Sigmoid())

    def forward(self, x: Tensor) -> Tensor:
        return self.up(self.down(x))


class PointNet(nn.Module):
    """The same layers for every point, and the largest of each feature (Qi 2017)."""

    def __init__(self) -> None:
        super().__init__()
        self.points = nn.Sequential(nn.Conv1d(3, 16, 1), nn.ReLU(), nn.Conv1d(16, 32, 1))
        self.head = nn.Linear(32, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.points(x).max(2).values)


class Recommender(nn.Module):
    """Rows of tables and numbers, their products pair by pair (DLRM, Naumov 2019)."""

    def __init__(self) -> None:
        super().__init__()
        self.tables = nn.ModuleList(nn.Embedding(20, 8) for _ in range(3))
        self.bottom = nn.Sequential(nn.Linear(13, 16), nn.ReLU(), nn.Linear(16, 8), nn.ReLU())
        self.top = nn.Sequential(nn.Linear(14, 16), nn.ReLU(), nn.Linear(16, 1), nn.Sigmoid())

    def forward(self, x: Tensor, rows: Tensor) -> Tensor:
        dense = self.bottom(x)
        features = [dense, *(table(rows[:, k]) for k, table in enumerate(self.tables))]
        stacked = torch.stack(features, 1)
        pairs = torch.bmm(stacked, stacked.transpose(1, 2))
        left = torch.tensor([1, 2, 2, 3, 3, 3])
        right = torch.tensor([0, 0, 1, 0, 1, 2])
        return self.top(torch.cat([dense, pairs[:, left, right]], 1))


def _generator() -> nn.Sequential:
    return nn.Sequential(
        nn.ConvTranspose2d(12, 16, 4, 1, 0, bias=False),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.ConvTranspose2d(16, 8, 4, 2, 1, bias=False),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.ConvTranspose2d(8, 3, 4, 2, 1),
        nn.Tanh(),
    )


def _sharpener() -> nn.Sequential:
    """Twice the size from channels put side by side (ESPCN, Shi 2016)."""
    return nn.Sequential(
        nn.Conv2d(1, 8, 5, padding=2), nn.Tanh(), nn.Conv2d(8, 4, 3, padding=1), nn.PixelShuffle(2)
    )


NETWORKS = {
    "U-Net": lambda: (UNet(), (torch.rand(1, 3, 16, 16),)),
    "FCN": lambda: (FCN(), (torch.rand(1, 3, 16, 16),)),
    "DeepLab v3": lambda: (DeepLab(), (torch.rand(1, 3, 32, 32),)),
    "YOLO v3": lambda: (Yolo(), (torch.rand(1, 3, 32, 32),)),
    "DCGAN, generator": lambda: (_generator(), (torch.rand(1, 12, 1, 1),)),
    "ESPCN": lambda: (_sharpener(), (torch.rand(1, 1, 8, 8),)),
    "Autoencoder": lambda: (Autoencoder(), (torch.rand(1, 64),)),
    "PointNet": lambda: (PointNet(), (torch.rand(1, 3, 30),)),
    "DLRM": lambda: (Recommender(), (torch.rand(1, 13), torch.tensor([[4, 7, 19]]))),
}
