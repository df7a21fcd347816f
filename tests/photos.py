"""The labelled photos for tests of search quality, and what people do to pictures.

The photos are not ours to publish: they lie beside the checkout or where IRIS_TEST_PHOTOS says.
"""

import csv
import os
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageOps

Edit = Callable[[Image.Image], Image.Image]


class Photo(NamedTuple):
    """One picture of the class that `name` names."""

    image: Image.Image
    imagenet_class: int
    name: str


def photo_folder() -> Path:
    beside = Path(__file__).parents[1].parent / "shared" / "photos"
    return Path(os.environ.get("IRIS_TEST_PHOTOS") or beside)


def load_photos() -> list[Photo]:
    folder = photo_folder()
    with (folder / "labels.csv").open(newline="") as file:
        return [
            Photo(
                Image.open(folder / row["file"]).convert("RGB"),
                int(row["imagenet_class"]),
                row["name"],
            )
            for row in csv.DictReader(file)
        ]


def small_jpeg(image: Image.Image) -> Image.Image:
    """Half the size, at quality 30."""
    half = image.resize((max(1, image.width // 2), max(1, image.height // 2)))
    file = BytesIO()
    half.save(file, "JPEG", quality=30)
    return Image.open(file).convert("RGB")


def crop(side: float, x: float = 0.5, y: float = 0.5) -> Edit:
    """Keeps `side` of each side; `x` and `y` say where: 0 left or top, 0.5 middle, 1 the end."""

    def edit(image: Image.Image) -> Image.Image:
        width, height = round(side * image.width), round(side * image.height)
        left, top = round(x * (image.width - width)), round(y * (image.height - height))
        return image.crop((left, top, left + width, top + height))

    return edit


def grey(image: Image.Image) -> Image.Image:
    return image.convert("L").convert("RGB")


EDITS: dict[str, Edit] = {
    "half-size JPEG of quality 30": small_jpeg,
    "middle 80 % of each side": crop(0.8),
    "80 % of the area, in a corner": crop(0.894, 0, 0),
    "mirror image": ImageOps.mirror,
    "grey": grey,
}
