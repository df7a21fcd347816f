"""Real photos for the browser's tests: the labelled ones, or those that come with scikit-image."""

from io import BytesIO
from pathlib import Path

from PIL import Image

from tests.photos import photo_folder

_MOST_BYTES = 300_000  # what the tests' server takes


def photo_files(count: int) -> list[tuple[str, bytes]]:
    """Names and contents of different photos."""
    found = sorted(photo_folder().glob("*.jpg")) or _samples()
    small = (path for path in found if path.stat().st_size <= _MOST_BYTES)
    return [(path.name, path.read_bytes()) for path, _ in zip(small, range(count), strict=False)]


def smaller(data: bytes, share: float) -> bytes:
    """The same photo at a share of its sides, as a JPEG."""
    image = Image.open(BytesIO(data)).convert("RGB")
    file = BytesIO()
    image.resize((int(image.width * share), int(image.height * share))).save(file, "JPEG")
    return file.getvalue()


def _samples() -> list[Path]:
    import skimage

    folder = Path(skimage.__file__).parent / "data"
    return [path for name in ("chelsea.png", "coffee.png", "rocket.jpg", "astronaut.png")
            if (path := folder / name).exists()]  # fmt: skip
