"""`decode` with transparency kept: the same checks, bounds and reduction, for renditions.

Once `app.vision.decode.decode` has an argument for it, this module goes.
"""

from io import BytesIO

from PIL import Image

from app.errors import BadRequest, InvalidImage, IrisError
from app.vision import decode as decoding
from app.vision.container import inspect, orientation
from app.vision.decode import Decoded


def open_picture(data: bytes, *, max_pixels: int, at_least: int | None = None) -> Decoded:
    """The first picture in `data`, upright, in mode RGB or RGBA; else as `decode`."""
    if not data:
        raise BadRequest("Empty file")
    try:
        container = inspect(data)
        with Image.open(BytesIO(container.body), formats=[container.format]) as image:
            decoding._refuse_polyglot(data, container.end)
            decoding._bounded(container.size or image.size, max_pixels)
            turned = orientation(container.exif or image.info.get("exif") or b"")
            flat = decoding._decoded(image, container, max_pixels, at_least)
            # `image` is loaded by now, at the reduced size; its own alpha was only read.
            return _with_alpha(flat, image, None if container.format == "TIFF" else turned)
    except IrisError:
        raise
    except Exception:
        raise InvalidImage from None


def _with_alpha(flat: Decoded, image: Image.Image, turned: int | None) -> Decoded:
    if not image.has_transparency_data:
        return flat
    picture = decoding._plain(image).convert("RGBA")
    upright = decoding._UPRIGHT.get(turned or 1)
    if upright is not None:
        picture = picture.transpose(upright)
    if picture.size != flat.image.size:
        picture = picture.resize(flat.image.size, Image.Resampling.BOX)
    return Decoded(flat.format, flat.width, flat.height, flat.pages, picture)
