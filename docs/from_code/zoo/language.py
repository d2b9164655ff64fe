"""Language models of the package transformers: encoders, decoders, and the encoders of pairs."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
import transformers

WORDS = 96
STEPS = 12
SIZES = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "vocab_size": WORDS,
    "max_position_embeddings": 32,
}


class First(torch.nn.Module):
    """A model that gives its first output alone, as a plain tensor; what it keeps for later is off."""

    def __init__(self, model: torch.nn.Module, **words: Any):
        super().__init__()
        self.model = model
        self.words = words

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        first: torch.Tensor = self.model(*inputs, return_dict=False, **self.words)[0]
        return first


def tokens() -> torch.Tensor:
    return torch.randint(0, WORDS, (1, STEPS), generator=torch.Generator().manual_seed(1))


def _model(kind: str, decoder: bool = False, **fields: Any) -> Any:
    """A model and one sentence for it.

    Args:
        kind: of the package, without Config and Model.
        decoder: whether it would keep its keys and values, which is switched off.
        fields: of its configuration, beside or instead of the sizes.
    """
    config = getattr(transformers, f"{kind}Config")(**SIZES | fields)
    named = f"{kind}ForCausalLM" if decoder else f"{kind}Model"
    model = getattr(transformers, named)(config)
    return First(model, **({"use_cache": False} if decoder else {})), (tokens(),)


def _masked() -> Any:
    """BERT with a mask over a sentence that ends early."""
    module, (words,) = _model("Bert")
    return module, (words, (torch.arange(STEPS) < STEPS - 3).long()[None])


def _gpt2(**fields: Any) -> Any:
    config = transformers.GPT2Config(
        vocab_size=WORDS, n_positions=32, n_embd=32, n_layer=2, n_head=4, **fields
    )
    return First(transformers.GPT2LMHeadModel(config), use_cache=False), (tokens(),)


def _distilbert() -> Any:
    config = transformers.DistilBertConfig(
        vocab_size=WORDS, max_position_embeddings=32, dim=32, n_layers=2, n_heads=4, hidden_dim=64
    )
    return First(transformers.DistilBertModel(config)), (tokens(),)


def _t5() -> Any:
    config = transformers.T5Config(
        vocab_size=WORDS, d_model=32, d_kv=8, d_ff=64, num_layers=2, num_heads=4
    )
    return First(transformers.T5EncoderModel(config)), (tokens(),)


def _bart() -> Any:
    config = transformers.BartConfig(
        vocab_size=WORDS,
        d_model=32,
        encoder_layers=2,
        encoder_attention_heads=4,
        encoder_ffn_dim=64,
        max_position_embeddings=32,
    )
    return First(transformers.BartModel(config).encoder), (tokens(),)


def _clip_text() -> Any:
    config = transformers.CLIPTextConfig(**SIZES, bos_token_id=0, eos_token_id=2)
    return First(transformers.CLIPTextModel(config)), (tokens(),)


def _opt() -> Any:
    return _model("OPT", True, ffn_dim=64, word_embed_proj_dim=32)


_GROUPED = {"num_key_value_heads": 2}
NETWORKS = {
    "BERT": partial(_model, "Bert"),
    "BERT, masked": _masked,
    "DistilBERT": _distilbert,
    "RoBERTa": partial(_model, "Roberta", max_position_embeddings=40),
    "ALBERT": partial(_model, "Albert", embedding_size=16),
    "ELECTRA": partial(_model, "Electra", embedding_size=16),
    "DeBERTa v2": partial(_model, "DebertaV2"),
    "MPNet": partial(_model, "MPNet"),
    "T5, encoder": _t5,
    "BART, encoder": _bart,
    "CLIP, text": _clip_text,
    "GPT-2": _gpt2,
    "GPT-NeoX": partial(_model, "GPTNeoX", True),
    "OPT": _opt,
    "Llama": partial(_model, "Llama", True, **_GROUPED),
    "Mistral": partial(_model, "Mistral", True, **_GROUPED),
    "Qwen2": partial(_model, "Qwen2", True, **_GROUPED),
    "Phi": partial(_model, "Phi", True),
}
