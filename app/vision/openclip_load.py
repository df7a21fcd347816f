"""Finds, fetches and fingerprints an open_clip model; every failure is one clear sentence."""

import difflib
import hashlib
import json
import logging
import pickle
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import open_clip
import torch
from huggingface_hub import constants

from app.errors import Misconfigured

# A hub that cannot be reached costs 35 to 75 s of retries inside huggingface_hub (measured); asking
# once first costs 5 s at worst, and what is in its cache is found either way.
HUB_TIMEOUT = 5.0


class Loaded(NamedTuple):
    """A model in float32 on the CPU, with all that goes with it."""

    model: Any
    preprocess: Any
    tokenizer: Any
    image_size: int
    fingerprint: str


def load(name: str) -> Loaded:
    """The model `name`.

    Raises:
        Misconfigured: no such model, or it cannot be fetched or loaded.
    """
    arch, source = _parse(name)
    try:
        with _hub(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # open_clip's warnings; the one that counts is below
            model, preprocess = open_clip.create_model_from_pretrained(
                arch, pretrained=source, force_quick_gelu=_quick_gelu(arch, source)
            )
            tokenizer = open_clip.get_tokenizer(arch)
    except Exception as error:
        raise Misconfigured(_sentence(name, error)) from error
    side = model.visual.image_size
    return Loaded(
        model,
        preprocess,
        tokenizer,
        image_size=max(side) if isinstance(side, (tuple, list)) else int(side),
        fingerprint=_fingerprint(model, tokenizer),
    )


def _parse(name: str) -> tuple[str, str | None]:
    """open_clip's `model_name` and `pretrained`."""
    if name.startswith(("hf-hub:", "local-dir:")):
        return name, None
    arch, at, path = name.partition("@")
    tag = ""
    if not at:
        arch, _, tag = name.rpartition("/")
    if not arch:
        raise Misconfigured(
            f"Unknown model `{name}`. Use builtin, ARCH/PRETRAINED_TAG, hf-hub:ORG/MODEL, "
            f"local-dir:/PATH or ARCH@/PATH/TO/CHECKPOINT.{_alike(name, open_clip.list_models())}"
        )
    _check_arch(arch)
    if at and not Path(path).is_file():
        raise Misconfigured(f"The checkpoint {path} of the model `{name}` does not exist.")
    if not at:
        _check_tag(arch, tag)
    return arch, path if at else tag


def _check_arch(arch: str) -> None:
    known = open_clip.list_models()
    if arch not in known:
        raise Misconfigured(f"open_clip has no architecture `{arch}`.{_alike(arch, known)}")


def _check_tag(arch: str, tag: str) -> None:
    known = open_clip.list_pretrained_tags_by_model(arch)
    if not open_clip.is_pretrained_cfg(arch, tag):
        hint = _alike(tag, known) or f" It has: {', '.join(known) or 'none'}."
        raise Misconfigured(f"`{arch}` has no pretrained weights `{tag}`.{hint}")


def _alike(word: str, known: list[str]) -> str:
    close = difflib.get_close_matches(word, known, n=4, cutoff=0.5)
    return f" Did you mean {' or '.join(close)}?" if close else ""


def _quick_gelu(arch: str, tag: str | None) -> bool:
    """Whether these weights were trained with QuickGELU, whatever the architecture's name says.

    `ViT-B-32/openai` was; open_clip only warns, and its vectors would be subtly wrong.
    """
    trained = open_clip.get_pretrained_cfg(arch, tag) if tag else {}
    config = open_clip.get_model_config(arch) if trained else {}
    built = bool(config and config.get("quick_gelu"))
    if trained and built and not trained.get("quick_gelu"):
        plain = arch.removesuffix("-quickgelu")
        raise Misconfigured(
            f"`{tag}` was not trained with the activation of `{arch}`. Use {plain}/{tag}."
        )
    return bool(trained and trained.get("quick_gelu"))


@contextmanager
def _hub() -> Iterator[None]:
    """Let the hub libraries use only their caches when the hub cannot be reached."""
    before = constants.HF_HUB_OFFLINE
    constants.HF_HUB_OFFLINE = before or not _reachable()
    logging.root.addFilter(_not_open_clip)
    try:
        yield
    finally:
        logging.root.removeFilter(_not_open_clip)
        constants.HF_HUB_OFFLINE = before


def _not_open_clip(record: logging.LogRecord) -> bool:
    """open_clip logs to the root logger, also the errors that we turn into one sentence."""
    return "open_clip" not in record.pathname


def _reachable() -> bool:
    try:
        httpx.head(constants.ENDPOINT, timeout=HUB_TIMEOUT)
    except (httpx.HTTPError, httpx.InvalidURL):
        return False
    return True


# What open_clip and torch trip over in a file that does not hold what they expect.
_UNFIT = (AttributeError, KeyError, TypeError, pickle.UnpicklingError, EOFError)


def _sentence(name: str, error: Exception) -> str:
    if isinstance(error, Misconfigured):
        return error.message
    text = str(error).strip().split("\n")[0].rstrip(".")
    offline = ("offline mode", "locate the file on the Hub", "couldn't connect", "resolve host")
    if isinstance(error, (httpx.HTTPError, ConnectionError)) or any(t in text for t in offline):
        return (
            f"Cannot fetch the model `{name}`: the model hub cannot be reached and its cache does "
            "not hold it. Connect once, or copy it here and use local-dir:/PATH."
        )
    if isinstance(error, _UNFIT) or "state_dict" in text:
        text = "its weights are damaged or do not fit the architecture"
    return f"Cannot load the model `{name}`: {text[:300]}."


def _fingerprint(model: Any, tokenizer: Any) -> str:
    """SHA-256 over weights, preprocessing, tokenizer and activation."""
    digest = hashlib.sha256()
    for key, value in sorted(model.state_dict().items()):
        digest.update(f"{key} {value.dtype} {tuple(value.shape)}\n".encode())
        digest.update(value.detach().contiguous().reshape(-1).view(torch.uint8).numpy())
    how = {
        "preprocess": model.visual.preprocess_cfg,
        "tokenizer": type(tokenizer).__name__,
        "context_length": tokenizer.context_length,
        "modules": sorted({type(module).__name__ for module in model.modules()}),
        "version": 1,
    }
    digest.update(json.dumps(how, sort_keys=True, default=str).encode())
    return digest.hexdigest()
