"""Pictures: upright, in sRGB, without a word about who took them where, in three sizes for phones."""

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageCms, ImageOps

from . import kinds
from .errors import MediaRefused

MOST_PIXELS = 40_000_000
SIZES = {"thumb": 320, "page": 1280, "full": 4000}  # pixels of the longer side
QUALITY = {"thumb": 70, "page": 80, "full": 82}

# Ours is the lower limit, and is asked before anything is decoded.
Image.MAX_IMAGE_PIXELS = None


def make(path: Path, folder: Path) -> dict[str, Any]:
    """Write "thumb", "page" and "full"; also of an animation, whose first frame is taken.

    Returns `width` and `height` of the picture as sent (upright) and `sizes`. Raises MediaRefused.
    """
    picture = read(path)
    names = {size: save(picture, folder, size, most) for size, most in SIZES.items()}
    return {"width": picture.width, "height": picture.height, "sizes": names}


def read(path: Path) -> Image.Image:
    """The pixels and nothing else: RGB or RGBA, in sRGB, upright."""
    try:
        with path.open("rb") as file, Image.open(file, formats=[kinds.form_of(path).name]) as picture:
            pixels = picture.width * picture.height
            if pixels > MOST_PIXELS:
                raise MediaRefused(
                    "too_many_pixels", megapixels=round(pixels / 1e6), most=MOST_PIXELS // 10**6
                )
            picture.load()
            return _bare(_in_srgb(ImageOps.exif_transpose(picture)))
    except MemoryError:
        raise MediaRefused("too_heavy") from None
    except (
        OSError,
        ValueError,
        SyntaxError,
        EOFError,
        TypeError,
        KeyError,
        IndexError,
        OverflowError,
        RuntimeError,
    ):
        # What Pillow raises for damaged files; anything else is a fault of ours and ends the child.
        raise MediaRefused("broken_picture") from None


def save(picture: Image.Image, folder: Path, size: str, most: int) -> str:
    """Write one version whose longer side has at most `most` pixels; returns the name of the file."""
    factor = min(1.0, most / max(picture.size))
    smaller = picture
    if factor < 1:
        smaller = picture.resize(
            (max(1, round(picture.width * factor)), max(1, round(picture.height * factor))),
            Image.Resampling.LANCZOS,
            reducing_gap=3.0,
        )
    name = f"{size}.webp"
    smaller.save(folder / name, "WEBP", quality=QUALITY.get(size, 82), method=3)
    return name


def _in_srgb(picture: Image.Image) -> Image.Image:
    """RGB or RGBA as screens show it. A colour profile that can't be read is left out."""
    profile = picture.info.get("icc_profile")
    see_through = picture.has_transparency_data
    picture = _eight_bit(picture)
    wanted = "RGBA" if see_through else "RGB"
    if profile and picture.mode in ("RGB", "CMYK", "L", "RGBA"):
        try:
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            target = ImageCms.createProfile("sRGB")
            mode = "RGBA" if picture.mode == "RGBA" else "RGB"
            changed = ImageCms.profileToProfile(picture, source, target, outputMode=mode)
            picture = changed or picture
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            pass
    picture = picture.convert(wanted)
    if see_through and picture.getchannel("A").getextrema()[0] == 255:
        picture = picture.convert("RGB")
    return picture


def _eight_bit(picture: Image.Image) -> Image.Image:
    """Sixteen-bit grey keeps its tones; other deep pictures (measurements) are stretched from darkest to lightest."""
    if picture.mode.startswith("I;16"):
        return Image.fromarray((np.asarray(picture).astype(np.uint16) >> 8).astype(np.uint8))
    if picture.mode in ("I", "F"):
        tones = np.nan_to_num(np.asarray(picture, dtype=np.float32))
        low, high = float(tones.min()), float(tones.max())
        tones -= low
        tones *= 255 / (high - low) if high > low else 0
        return Image.fromarray(tones.astype(np.uint8))
    return picture


def _bare(picture: Image.Image) -> Image.Image:
    """A new picture with the same pixels, so that nothing else of the old one can go along."""
    bare = Image.new(picture.mode, picture.size)
    bare.paste(picture)
    return bare
