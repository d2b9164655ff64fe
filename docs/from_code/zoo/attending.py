"""Networks that look elsewhere: attention written by hand, encoders with decoders, convolutions beside
attention.
"""

from __future__ import annotations

import math
from typing import Any

import torch
import transformers
from torch import nn
from torch.nn import functional

from docs.from_code.zoo.language import First, tokens


def _seeded(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1))


class RootMeanSquare(nn.Module):
    """A norm without a mean."""

    def __init__(self, width: int):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6))


class Grouped(nn.Module):
    """A block as Llama has it, by hand: turned places, two heads of keys for four of queries, a gated
    perceptron, a mask that is filled in.
    """

    def __init__(self, width: int = 16, heads: int = 4, groups: int = 2):
        super().__init__()
        self.heads, self.groups, self.size = heads, groups, width // heads
        self.before, self.between = RootMeanSquare(width), RootMeanSquare(width)
        self.query = nn.Linear(width, width, bias=False)
        self.key = nn.Linear(width, groups * self.size, bias=False)
        self.value = nn.Linear(width, groups * self.size, bias=False)
        self.out = nn.Linear(width, width, bias=False)
        self.gate, self.up = (nn.Linear(width, 2 * width, bias=False) for _ in range(2))
        self.down = nn.Linear(2 * width, width, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        steps = x.shape[1]
        y = self.before(x)
        query = self._turned(self.query(y).view(1, steps, self.heads, self.size).transpose(1, 2))
        key = self._turned(self.key(y).view(1, steps, self.groups, self.size).transpose(1, 2))
        value = self.value(y).view(1, steps, self.groups, self.size).transpose(1, 2)
        times = self.heads // self.groups
        key, value = (item.repeat_interleave(times, 1) for item in (key, value))
        scores = query @ key.transpose(-1, -2) / math.sqrt(self.size)
        seen = torch.tril(torch.ones(steps, steps, dtype=torch.bool))
        shares = functional.softmax(scores.masked_fill(~seen, float("-inf")), -1)
        x = x + self.out((shares @ value).transpose(1, 2).reshape(1, steps, -1))
        y = self.between(x)
        out: torch.Tensor = x + self.down(functional.silu(self.gate(y)) * self.up(y))
        return out

    def _turned(self, x: torch.Tensor) -> torch.Tensor:
        waves = 1.0 / 10000 ** (torch.arange(0, self.size, 2) / self.size)
        angle = torch.outer(torch.arange(x.shape[-2]).float(), waves)
        angle = torch.cat([angle, angle], -1)
        first, second = x.chunk(2, -1)
        return x * angle.cos() + torch.cat([-second, first], -1) * angle.sin()


class Conformer(nn.Module):
    """Half a perceptron, attention, a gated depthwise convolution, half a perceptron."""

    def __init__(self, width: int = 16):
        super().__init__()
        self.halves = nn.ModuleList(
            nn.Sequential(
                nn.LayerNorm(width), nn.Linear(width, 32), nn.SiLU(), nn.Linear(32, width)
            )
            for _ in range(2)
        )
        self.norm = nn.LayerNorm(width)
        self.attention = nn.MultiheadAttention(width, 4, batch_first=True)
        self.norm_conv = nn.LayerNorm(width)
        self.pointwise = nn.Conv1d(width, 2 * width, 1)
        self.depthwise = nn.Conv1d(width, width, 5, padding=2, groups=width)
        self.batch_norm = nn.BatchNorm1d(width)
        self.last = nn.Conv1d(width, width, 1)
        self.end = nn.LayerNorm(width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + 0.5 * self.halves[0](x)
        y = self.norm(x)
        x = x + self.attention(y, y, y, need_weights=False)[0]
        y = functional.glu(self.pointwise(self.norm_conv(x).transpose(1, 2)), 1)
        y = functional.silu(self.batch_norm(self.depthwise(y)))
        x = x + self.last(y).transpose(1, 2)
        out: torch.Tensor = self.end(x + 0.5 * self.halves[1](x))
        return out


class Translator(nn.Module):
    """Seq2seq: an encoder of two directions, a decoder of LSTM cells that attends, written out."""

    def __init__(self, words: int = 20, width: int = 8):
        super().__init__()
        self.table = nn.Embedding(words, width)
        self.encoder = nn.LSTM(width, width // 2, bidirectional=True, batch_first=True)
        self.cell = nn.LSTMCell(2 * width, width)
        self.score = nn.Linear(width, width, bias=False)
        self.head = nn.Linear(2 * width, words)

    def forward(self, source: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        kept, _ = self.encoder(self.table(source))
        state = memory = torch.zeros(1, kept.shape[-1])
        seen = kept.mean(1)
        results = []
        for word in self.table(target).unbind(1):
            state, memory = self.cell(torch.cat([word, seen], -1), (state, memory))
            shares = functional.softmax(kept @ self.score(state)[..., None], 1)
            seen = (shares * kept).sum(1)
            results.append(self.head(torch.cat([state, seen], -1)))
        return torch.stack(results, 1)


class GruModel(nn.Module):
    """A language model of two GRU layers whose last matrix is its table."""

    def __init__(self, unrolled: bool):
        super().__init__()
        self.table = nn.Embedding(24, 12)
        self.layers = nn.GRU(12, 12, 2, batch_first=True)
        self.cells = nn.ModuleList(nn.GRUCell(12, 12) for _ in range(2))
        self.unrolled = unrolled

    def forward(self, words: torch.Tensor) -> torch.Tensor:
        x = self.table(words)
        if not self.unrolled:
            return self.layers(x)[0] @ self.table.weight.T
        states = [torch.zeros(1, 12) for _ in self.cells]
        results = []
        for step in x.unbind(1):
            for number, cell in enumerate(self.cells):
                step = states[number] = cell(step, states[number])
            results.append(step @ self.table.weight.T)
        return torch.stack(results, 1)


class Latents(nn.Module):
    """Perceiver: a few learned queries look at a long sequence, then at each other."""

    def __init__(self) -> None:
        super().__init__()
        self.latents = nn.Parameter(torch.randn(1, 4, 16))
        self.enter = nn.MultiheadAttention(16, 2, kdim=6, vdim=6, batch_first=True)
        self.within = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True, norm_first=True)
        self.head = nn.Linear(16, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.latents + self.enter(self.latents, x, x, need_weights=False)[0]
        out: torch.Tensor = self.head(self.within(y).mean(1))
        return out


def _t5() -> Any:
    config = transformers.T5Config(
        vocab_size=96, d_model=32, d_kv=8, d_ff=64, num_layers=1, num_heads=4, use_cache=False
    )
    return Both(transformers.T5Model(config)), (tokens(), tokens()[:, :5])


class Both(nn.Module):
    """An encoder with its decoder."""

    def __init__(self, model: Any):
        super().__init__()
        self.model = model

    def forward(self, source: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        first: torch.Tensor = self.model(
            input_ids=source, decoder_input_ids=target, return_dict=False, use_cache=False
        )[0]
        return first


def _xlm() -> Any:
    config = transformers.XLNetConfig(
        vocab_size=96, d_model=32, n_layer=1, n_head=4, d_inner=64, use_mems_eval=False
    )
    return First(transformers.XLNetModel(config)), (tokens(),)


def _words() -> torch.Tensor:
    return torch.randint(0, 20, (1, 6), generator=torch.Generator().manual_seed(3))


NETWORKS = {
    "Llama's block, by hand": lambda: (Grouped(), (_seeded(1, 6, 16),)),
    "Conformer": lambda: (Conformer(), (_seeded(1, 9, 16),)),
    "LSTM, seq2seq with attention": lambda: (Translator(), (_words(), _words()[:, :4])),
    "GRU language model, tied": lambda: (GruModel(False), (_words(),)),
    "GRU language model, unrolled": lambda: (GruModel(True), (_words(),)),
    "Perceiver": lambda: (Latents(), (_seeded(1, 11, 6),)),
    "T5": _t5,
    "XLNet": _xlm,
}
