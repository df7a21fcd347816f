"""The builtin model's image tower: EfficientNet-Lite2 in plain torch. Knows nothing of texts.

Plain, because `timm` takes 2.2 s to import on two slow cores, and because with batch
normalisation folded into the convolutions, in channels-last order, an image takes 15 ms not 40.
Source: Tan and Le 2019, "EfficientNet"; the Lite variants have no squeeze-and-excite and ReLU6.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torch.nn import functional

from app.vision.encoder import Vectors

SIZE = 260
FEATURES = 1280
CLASSES = 1000

# Blocks, stride of the first, expansion; the weights' shapes say the rest.
_STAGES = ((1, 1, 1), (3, 2, 6), (3, 2, 6), (4, 2, 6), (4, 1, 6), (5, 2, 6), (1, 1, 6))
_BATCH_NORM_EPSILON = 1e-3
_MEAN, _DEVIATION = 127.0, 128.0
_BATCH = 8

# Two views: the largest square in the middle, and three quarters of it in the mirror. What looks
# like something by chance, such as noise or a gradient, seldom looks so at two scales: among the
# first ten of 200 class name queries, grey noise and a grey ramp came up 9 times with one view and
# twice with two. And a mirror image gets nearly the same vector (cosine 0.95).
_ZOOM = 0.75

Convolution = tuple[Tensor, Tensor]


class ImageTower:
    """`weights` is the checkpoint of RangiLyu's EfficientNet-Lite for PyTorch."""

    def __init__(self, weights: Path, device: torch.device) -> None:
        self._device = device
        state = torch.load(weights, map_location=device, weights_only=True)
        self._head: Convolution = (state.pop("_fc.weight"), state.pop("_fc.bias"))
        self._convolutions = list(_folded(state))

    def __call__(self, images: Sequence[Image.Image]) -> tuple[Vectors, Vectors]:
        """Pooled features (n, 1280) and class probabilities (n, 1000): both views' mean."""
        rows = [self._batch(images[i : i + _BATCH]) for i in range(0, len(images), _BATCH)]
        features = [np.empty((0, FEATURES), dtype=np.float32), *(row[0] for row in rows)]
        probabilities = [np.empty((0, CLASSES), dtype=np.float32), *(row[1] for row in rows)]
        return np.concatenate(features), np.concatenate(probabilities)

    @torch.inference_mode()
    def _batch(self, images: Sequence[Image.Image]) -> tuple[Vectors, Vectors]:
        views = np.stack([view for image in images for view in _views(image)])
        pixels = torch.from_numpy(views).to(self._device).permute(0, 3, 1, 2)
        pixels = pixels.to(torch.float32, memory_format=torch.channels_last)
        features = self._features((pixels - _MEAN) / _DEVIATION)
        probabilities = functional.linear(features, *self._head).softmax(1)
        return _mean_of_views(features), _mean_of_views(probabilities)

    def _features(self, x: Tensor) -> Tensor:
        convolutions = iter(self._convolutions)
        x = functional.relu6(_convolve(x, next(convolutions), stride=2))
        for blocks, stride, expansion in _STAGES:
            for number in range(blocks):
                x = _block(x, convolutions, stride if number == 0 else 1, expansion)
        x = functional.relu6(_convolve(x, next(convolutions)))
        return x.mean((2, 3))


def _block(x: Tensor, convolutions: Iterator[Convolution], stride: int, expansion: int) -> Tensor:
    """MobileNetV2's inverted residual (Sandler et al. 2018): widen, filter, narrow, add."""
    y = x
    if expansion > 1:
        y = functional.relu6(_convolve(y, next(convolutions)), inplace=True)
    y = functional.relu6(_convolve(y, next(convolutions), stride=stride), inplace=True)
    y = _convolve(y, next(convolutions))
    return x + y if x.shape == y.shape else y


def _convolve(x: Tensor, convolution: Convolution, stride: int = 1) -> Tensor:
    """TensorFlow's SAME padding, which the weights were trained with: the odd pixel goes last.

    Symmetric padding loses 2 points of top-1 accuracy.
    """
    weight, bias = convolution
    kernel = weight.shape[2]
    height, width = (
        max((-(-side // stride) - 1) * stride + kernel - side, 0) for side in x.shape[2:]
    )
    if height % 2 or width % 2:  # a copy of x, and the same numbers: only where it is needed
        x = functional.pad(x, (width // 2, width - width // 2, height // 2, height - height // 2))
        height = width = 0
    groups = x.shape[1] // weight.shape[1]
    return functional.conv2d(
        x, weight, bias, stride, padding=(height // 2, width // 2), groups=groups
    )


def _folded(state: dict[str, Tensor]) -> Iterator[Convolution]:
    """Each convolution with the batch normalisation that follows it, as weight and bias."""
    tensors = iter(state.values())
    for weight in tensors:
        scale, shift, mean, variance, _ = (next(tensors) for _ in range(5))
        factor = scale / torch.sqrt(variance + _BATCH_NORM_EPSILON)
        folded = weight * factor[:, None, None, None]
        yield folded.contiguous(memory_format=torch.channels_last), shift - mean * factor


def _views(image: Image.Image) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    if image.mode != "RGB":
        image = image.convert("RGB")
    return _square(image, 1.0), _square(image, _ZOOM)[:, ::-1]


def _square(image: Image.Image, share: float) -> NDArray[np.uint8]:
    """The middle square whose side is `share` of the short side, as (260, 260, 3).

    Cut before it is scaled: a strip of 1 x 10000 pixels would else grow to 260 x 2.6 million.
    """
    side = share * min(image.size)
    left, top = (image.width - side) / 2, (image.height - side) / 2
    box = (left, top, left + side, top + side)
    scaled = image.resize((SIZE, SIZE), Image.Resampling.BICUBIC, box=box, reducing_gap=3.0)
    return np.asarray(scaled)


def _mean_of_views(rows: Tensor) -> Vectors:
    mean: Vectors = rows.view(-1, 2, rows.shape[1]).mean(1).cpu().numpy()
    return mean
