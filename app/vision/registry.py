"""The encoder that a name stands for. Importing this module does not import torch."""

from app.errors import Misconfigured
from app.vision.encoder import Encoder


def load_encoder(name: str, *, device: str = "auto", threads: int = 0) -> Encoder:
    """Load `builtin` or any open_clip model; takes seconds, or minutes when it has to download.

    `device` is a torch device or `auto` (a GPU when there is one). `threads` bounds the CPU threads
    of this whole process; 0 leaves torch's default, one per core.

    Raises:
        Misconfigured: no such model, or no such device.
    """
    import torch

    if threads > 0:
        torch.set_num_threads(threads)
    device = _resolve(device)
    if name == "builtin":
        from app.vision.builtin import BuiltinEncoder

        encoder: Encoder = BuiltinEncoder(device=device)
        return encoder
    from app.vision.openclip import OpenClipEncoder

    return OpenClipEncoder(name, device=device)


def _resolve(device: str) -> str:
    import torch

    if device == "auto":
        if torch.cuda.is_available():
            return "cuda"
        return "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        torch.empty(1, device=device)  # the name may parse and the device still be missing
    except (RuntimeError, AssertionError, NotImplementedError):
        raise Misconfigured(
            f"IRIS_DEVICE: torch cannot use the device `{device}` here. Use `auto` or `cpu`."
        ) from None
    return device
