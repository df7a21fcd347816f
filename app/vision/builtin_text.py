"""The builtin model's text tower: all-MiniLM-L6-v2 in plain torch. Knows nothing of images.

Plain, because `transformers` takes 3.4 s to import on two slow cores, more than all the rest of
the builtin model together. The vectors are those of `BertModel` within 1e-6.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

from app.vision.encoder import Vectors

WIDTH = 384
MAX_TOKENS = 128
"""With the two tokens that mark start and end; the length that the model was trained with."""

_LAYERS = 6
_HEADS = 12
_EPSILON = 1e-12
_BATCH = 64


class TextTower:
    """`weights` is the model's safetensors file; `tokenizer.json` lies in the same folder."""

    def __init__(self, weights: Path, device: torch.device) -> None:
        self._device = device
        self._weights = load_file(weights, device=str(device))
        self._whole = Tokenizer.from_file(str(weights.with_name("tokenizer.json")))
        self._whole.no_truncation()
        self._whole.no_padding()
        self._cut = Tokenizer.from_file(str(weights.with_name("tokenizer.json")))
        self._cut.enable_truncation(MAX_TOKENS)
        self._cut.enable_padding()  # to the longest of a batch, where the file says 128

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors, shape (len(texts), 384), float32; the mean over the tokens."""
        rows = [self._batch(texts[i : i + _BATCH]) for i in range(0, len(texts), _BATCH)]
        return np.concatenate(rows) if rows else np.empty((0, WIDTH), dtype=np.float32)

    def tokens(self, text: str) -> list[str]:
        """The word pieces of the whole `text`, `[UNK]` for each word that it has no pieces for."""
        pieces: list[str] = self._whole.encode(text, add_special_tokens=False).tokens
        return pieces

    @torch.inference_mode()
    def _batch(self, texts: Sequence[str]) -> Vectors:
        encoded = self._cut.encode_batch(list(texts))
        ids = torch.tensor([row.ids for row in encoded], device=self._device)
        mask = torch.tensor([row.attention_mask for row in encoded], device=self._device)
        hidden = self._norm(self._embed(ids), "embeddings")
        for number in range(_LAYERS):
            hidden = self._layer(hidden, mask[:, None, None, :].bool(), f"encoder.layer.{number}")
        weight = mask.unsqueeze(2).to(hidden.dtype)
        mean = (hidden * weight).sum(1) / weight.sum(1)
        unit: Vectors = functional.normalize(mean, dim=1).cpu().numpy()
        return unit

    def _embed(self, ids: Tensor) -> Tensor:
        words = functional.embedding(ids, self._weights["embeddings.word_embeddings.weight"])
        places = self._weights["embeddings.position_embeddings.weight"][: ids.shape[1]]
        return words + places + self._weights["embeddings.token_type_embeddings.weight"][0]

    def _layer(self, hidden: Tensor, mask: Tensor, layer: str) -> Tensor:
        attended = self._linear(
            self._attend(hidden, mask, f"{layer}.attention.self"), f"{layer}.attention.output.dense"
        )
        hidden = self._norm(hidden + attended, f"{layer}.attention.output")
        inner = functional.gelu(self._linear(hidden, f"{layer}.intermediate.dense"))
        return self._norm(hidden + self._linear(inner, f"{layer}.output.dense"), f"{layer}.output")

    def _attend(self, hidden: Tensor, mask: Tensor, name: str) -> Tensor:
        rows, length, width = hidden.shape
        query, key, value = (
            self._linear(hidden, f"{name}.{part}").view(rows, length, _HEADS, -1).transpose(1, 2)
            for part in ("query", "key", "value")
        )
        mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        return mixed.transpose(1, 2).reshape(rows, length, width)

    def _linear(self, x: Tensor, name: str) -> Tensor:
        return functional.linear(x, self._weights[f"{name}.weight"], self._weights[f"{name}.bias"])

    def _norm(self, x: Tensor, name: str) -> Tensor:
        weight = self._weights[f"{name}.LayerNorm.weight"]
        bias = self._weights[f"{name}.LayerNorm.bias"]
        return functional.layer_norm(x, (WIDTH,), weight, bias, _EPSILON)
