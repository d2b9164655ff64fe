"""Vision models of the package transformers."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
import transformers

from docs.from_code.zoo.language import First

PATCHES = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "image_size": 32,
    "patch_size": 8,
}
STAGES = {"hidden_sizes": [16, 32], "depths": [1, 2]}


def picture(size: int = 32) -> torch.Tensor:
    return torch.rand(1, 3, size, size, generator=torch.Generator().manual_seed(2))


def _model(kind: str, head: str = "Model", size: int = 32, **fields: Any) -> Any:
    """A model and a picture for it.

    Args:
        kind: of the package, without Config.
        head: the rest of the class's name.
        size: of the picture.
        fields: of the configuration.
    """
    config = getattr(transformers, f"{kind}Config")(**fields)
    return First(getattr(transformers, f"{kind}{head}")(config)), (picture(size),)


def _windows(kind: str) -> Any:
    return _model(
        kind,
        size=32,
        image_size=32,
        patch_size=2,
        embed_dim=16,
        depths=[2, 2],
        num_heads=[2, 4],
        window_size=4,
    )


def _clip() -> Any:
    return First(transformers.CLIPVisionModel(transformers.CLIPVisionConfig(**PATCHES))), (
        picture(),
    )


def _segformer() -> Any:
    return _model(
        "Segformer",
        "ForSemanticSegmentation",
        64,
        num_encoder_blocks=2,
        depths=[1, 1],
        sr_ratios=[4, 2],
        hidden_sizes=[16, 32],
        patch_sizes=[7, 3],
        strides=[4, 2],
        num_attention_heads=[1, 2],
        mlp_ratios=[2, 2],
        decoder_hidden_size=32,
        num_labels=5,
    )


def _dpt() -> Any:
    return _model(
        "DPT",
        "ForDepthEstimation",
        **PATCHES | {"num_hidden_layers": 4},
        backbone_out_indices=[0, 1, 2, 3],
        neck_hidden_sizes=[8, 8, 16, 16],
        fusion_hidden_size=16,
        reassemble_factors=[4, 2, 1, 0.5],
    )


_CLASSES = "ForImageClassification"
NETWORKS = {
    "ViT": partial(_model, "ViT", _CLASSES, **PATCHES),
    "DeiT": partial(_model, "DeiT", _CLASSES, **PATCHES),
    "BEiT": partial(_model, "Beit", **PATCHES),
    "DINOv2": partial(
        _model, "Dinov2", **{k: v for k, v in PATCHES.items() if k != "intermediate_size"}
    ),
    "CLIP, image": _clip,
    "Swin": partial(_windows, "Swin"),
    "Swin v2": partial(_windows, "Swinv2"),
    "ConvNeXt": partial(_model, "ConvNext", _CLASSES, num_stages=2, **STAGES),
    "ConvNeXt v2": partial(_model, "ConvNextV2", _CLASSES, num_stages=2, **STAGES),
    "ResNet-50's blocks": partial(
        _model, "ResNet", _CLASSES, embedding_size=16, layer_type="bottleneck", **STAGES
    ),
    "RegNet": partial(_model, "RegNet", _CLASSES, embedding_size=16, groups_width=8, **STAGES),
    "BiT": partial(_model, "Bit", _CLASSES, embedding_size=16, num_groups=4, **STAGES),
    # By a range of 0.02 or 0.03 nothing is left of a picture at their end.
    "MobileNet v1": partial(
        _model, "MobileNetV1", _CLASSES, depth_multiplier=0.25, initializer_range=0.3
    ),
    "MobileNet v2": partial(
        _model, "MobileNetV2", _CLASSES, depth_multiplier=0.35, initializer_range=0.3
    ),
    "EfficientNet": partial(
        _model, "EfficientNet", _CLASSES, width_coefficient=0.25, depth_coefficient=0.3
    ),
    "PoolFormer": partial(
        _model,
        "PoolFormer",
        _CLASSES,
        num_encoder_blocks=2,
        depths=[1, 1],
        hidden_sizes=[16, 32],
        patch_sizes=[7, 3],
        strides=[4, 2],
        padding=[2, 1],
    ),
    "SegFormer": _segformer,
    "MobileViT": partial(
        _model,
        "MobileViT",
        _CLASSES,
        64,
        image_size=64,
        hidden_sizes=[16, 24, 32],
        neck_hidden_sizes=[8, 8, 16, 16, 16, 24, 32],
        num_attention_heads=4,
        initializer_range=0.3,  # by its own of 0.02 nothing is left of a picture at the end
    ),
    "YOLOS": partial(
        _model,
        "Yolos",
        "ForObjectDetection",
        **PATCHES | {"image_size": [32, 32]},
        num_detection_tokens=4,
    ),
    "DPT": _dpt,
}
