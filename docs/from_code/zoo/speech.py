"""Networks for sound: encoders of the package transformers."""

from __future__ import annotations

from typing import Any

import torch
import transformers

from docs.from_code.zoo.language import First


def _whisper() -> Any:
    config = transformers.WhisperConfig(
        d_model=32,
        encoder_layers=2,
        encoder_attention_heads=4,
        encoder_ffn_dim=64,
        decoder_layers=1,
        decoder_attention_heads=4,
        num_mel_bins=16,
        max_source_positions=20,
    )
    return First(transformers.WhisperModel(config).encoder), (torch.rand(1, 16, 40),)


def _waves(kind: str) -> Any:
    config = getattr(transformers, f"{kind}Config")(
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        conv_dim=(16, 16, 16),
        conv_kernel=(10, 3, 3),
        conv_stride=(5, 2, 2),
        num_feat_extract_layers=3,
        num_conv_pos_embeddings=16,
        num_conv_pos_embedding_groups=4,
        apply_spec_augment=False,
    )
    return First(getattr(transformers, f"{kind}Model")(config)), (torch.rand(1, 400),)


def _spectrogram() -> Any:
    config = transformers.ASTConfig(
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_length=64,
        num_mel_bins=32,
    )
    return First(transformers.ASTModel(config)), (torch.rand(1, 64, 32),)


NETWORKS = {
    "Whisper, encoder": _whisper,
    "wav2vec 2.0": lambda: _waves("Wav2Vec2"),
    "HuBERT": lambda: _waves("Hubert"),
    "AST": _spectrogram,
}
