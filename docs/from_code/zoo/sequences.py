"""Networks over time: recurrent ones, convolutions along time, PyTorch's own transformer layers."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

WORDS = 40


def words(steps: int = 9) -> Tensor:
    return torch.randint(0, WORDS, (1, steps), generator=torch.Generator().manual_seed(3))


class LanguageModel(nn.Module):
    """An embedding, recurrent layers, and a score for each word at each step."""

    def __init__(self, recurrent: nn.Module, features: int):
        super().__init__()
        self.table = nn.Embedding(WORDS, 16)
        self.recurrent = recurrent
        self.head = nn.Linear(features, WORDS)

    def forward(self, x: Tensor) -> Tensor:
        states, _ = self.recurrent(self.table(x))
        return self.head(states)


class Unrolled(nn.Module):
    """A GRU cell in a loop of Python, which an exporter writes out step by step."""

    def __init__(self) -> None:
        super().__init__()
        self.cell = nn.GRUCell(8, 12)
        self.head = nn.Linear(12, 4)

    def forward(self, x: Tensor) -> Tensor:
        state = torch.zeros(x.shape[0], 12)
        for step in range(5):
            state = self.cell(x[:, step], state)
        return self.head(state)


class Separate(nn.Module):
    """A sum of dilated convolutions along time with residuals, causal by padding (TCN)."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Conv1d(8, 8, 3, dilation=2**k) for k in range(3))
        self.head = nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        for k, layer in enumerate(self.layers):
            x = x + torch.relu(layer(nn.functional.pad(x, (2 * 2**k, 0))))
        return self.head(x[:, :, -1])


class WaveNet(nn.Module):
    """Gated dilated convolutions with skips (van den Oord 2016)."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv1d(4, 8, 1)
        self.dilated = nn.ModuleList(
            nn.Conv1d(8, 16, 2, dilation=2**k, padding=2**k) for k in range(3)
        )
        self.mixed = nn.ModuleList(nn.Conv1d(8, 16, 1) for _ in range(3))
        self.last = nn.Conv1d(8, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x)
        skips = torch.zeros(1)
        for dilated, mixed in zip(self.dilated, self.mixed):
            value, gate = dilated(x)[:, :, : x.shape[2]].chunk(2, 1)
            joined = mixed(torch.tanh(value) * torch.sigmoid(gate))
            residual, skip = joined.chunk(2, 1)
            x = x + residual
            skips = skips + skip
        return self.last(torch.relu(skips))


class KeyWords(nn.Module):
    """Spectrogram to convolution to a two-directional LSTM to classes (DeepSpeech 2's order)."""

    def __init__(self) -> None:
        super().__init__()
        self.front = nn.Conv2d(1, 4, (5, 3), stride=(2, 1), padding=(2, 1))
        self.recurrent = nn.LSTM(4 * 8, 10, batch_first=True, bidirectional=True)
        self.head = nn.Linear(20, 6)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.front(x))
        x = x.permute(0, 3, 1, 2).flatten(2)
        return self.head(self.recurrent(x)[0])


class Attention(nn.Module):
    """nn.MultiheadAttention on itself."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(24, 4, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.attention(x, x, x, need_weights=False)[0]


class Translator(nn.Module):
    """nn.Transformer: an encoder, and a decoder that looks at it and, causally, at itself."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(WORDS, 16)
        self.transformer = nn.Transformer(16, 2, 1, 1, 32, batch_first=True)
        self.head = nn.Linear(16, WORDS)

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        mask = nn.Transformer.generate_square_subsequent_mask(target.shape[1])
        made = self.transformer(self.table(source), self.table(target), tgt_mask=mask)
        return self.head(made)


def _encoder() -> Any:
    layer = nn.TransformerEncoderLayer(24, 4, 48, batch_first=True, activation="gelu")
    encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
    for weight in encoder.parameters():
        if weight.dim() > 1:  # else its layers are copies, whose weights an exporter stores once
            nn.init.xavier_uniform_(weight)
    return encoder, (torch.rand(1, 10, 24),)


NETWORKS = {
    "LSTM language model": lambda: (
        LanguageModel(nn.LSTM(16, 20, 2, batch_first=True), 20),
        (words(),),
    ),
    "GRU language model": lambda: (
        LanguageModel(nn.GRU(16, 20, 2, batch_first=True), 20),
        (words(),),
    ),
    "Elman language model": lambda: (
        LanguageModel(nn.RNN(16, 20, batch_first=True), 20),
        (words(),),
    ),
    "GRU, two directions": lambda: (
        LanguageModel(nn.GRU(16, 12, batch_first=True, bidirectional=True), 24),
        (words(),),
    ),
    "GRU cell, unrolled": lambda: (Unrolled(), (torch.rand(1, 5, 8),)),
    "CNN and LSTM for keywords": lambda: (KeyWords(), (torch.rand(1, 1, 16, 14),)),
    "TCN": lambda: (Separate(), (torch.rand(1, 8, 20),)),
    "WaveNet": lambda: (WaveNet(), (torch.rand(1, 4, 24),)),
    "nn.MultiheadAttention": lambda: (Attention(), (torch.rand(1, 10, 24),)),
    "nn.TransformerEncoder": _encoder,
    "nn.Transformer": lambda: (Translator(), (words(), words(7))),
}
