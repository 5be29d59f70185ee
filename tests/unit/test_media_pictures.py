"""Pictures come out small, upright, in plain colours, and silent about where they were taken."""

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from tasks.media import pictures
from tasks.media.errors import MediaRefused


def made(data: bytes, folder: Path) -> tuple[dict[str, Any], dict[str, Image.Image]]:
    """What `make` returns, and the pictures it wrote."""
    file = folder / "sent"
    file.write_bytes(data)
    said = pictures.make(file, folder)
    return said, {size: Image.open(folder / name) for size, name in said["sizes"].items()}


def refusal(data: bytes, folder: Path) -> str:
    with pytest.raises(MediaRefused) as caught:
        made(data, folder)
    assert "%(" not in caught.value.message
    return caught.value.code


def sent(picture: Image.Image, kind: str, **options: Any) -> bytes:
    held = io.BytesIO()
    picture.save(held, kind, **options)
    return held.getvalue()


def png(width: int, height: int, *, data: bytes = b"") -> bytes:
    """A PNG that claims a size; what is in it is another matter."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return len(body).to_bytes(4, "big") + name + body + zlib.crc32(name + body).to_bytes(4, "big")

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def noise(width: int, height: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(1).integers(0, 256, (height, width, 3), dtype=np.uint8))


def test_three_sizes_are_made_and_none_is_blown_up(tmp_path: Path) -> None:
    said, files = made(sent(Image.new("RGB", (4100, 1025), "green"), "JPEG"), tmp_path)
    assert (said["width"], said["height"]) == (4100, 1025)
    assert {size: file.size for size, file in files.items()} == {
        "thumb": (320, 80),
        "page": (1280, 320),
        "full": (4000, 1000),
    }
    assert {file.format for file in files.values()} == {"WEBP"}
    _, files = made(sent(Image.new("RGB", (10, 20), "green"), "PNG"), tmp_path)
    assert {file.size for file in files.values()} == {(10, 20)}


def test_the_place_the_camera_and_the_profile_are_gone(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    exif[0x9286] = "SecretComment"
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 51.0, 24.0), 3: "E", 4: (2.0, 21.0, 3.0)})
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = sent(
        noise(50, 40),
        "JPEG",
        exif=exif,
        icc_profile=profile,
        xmp=b"<x:xmpmeta>SecretPlace</x:xmpmeta>",
        comment=b"SecretNote",
    )
    before = Image.open(io.BytesIO(data))
    assert before.getexif().get_ifd(0x8825) and b"Secret" in data and "icc_profile" in before.info
    _, files = made(data, tmp_path)
    for size, file in files.items():
        assert not dict(file.getexif()) and not {"exif", "xmp", "icc_profile", "comment"} & set(file.info), (
            size
        )
        raw = (tmp_path / f"{size}.webp").read_bytes()
        assert not any(word in raw for word in (b"Secret", b"EXIF", b"XMP ", b"ICCP"))


def test_a_picture_taken_sideways_stands_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise
    flat = Image.new("RGB", (40, 20), "blue")
    flat.paste("red", (0, 0, 20, 20))
    said, files = made(sent(flat, "JPEG", exif=exif, quality=95), tmp_path)
    assert (said["width"], said["height"]) == (20, 40)
    red, blue = files["full"].getpixel((10, 5)), files["full"].getpixel((10, 35))
    assert red[0] > 200 > red[2] and blue[2] > 200 > blue[0]  # type: ignore[index,operator]


@pytest.mark.parametrize(
    ("picture", "kind"),
    [
        (Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG"),
        (Image.new("P", (8, 8), 0), "PNG"),
        (Image.new("1", (8, 8), 1), "PNG"),
        (Image.new("L", (8, 8), 200), "TIFF"),
        (Image.new("LA", (8, 8), (200, 100)), "PNG"),
        (Image.new("RGBA", (8, 8), (255, 0, 0, 100)), "PNG"),
        (Image.new("I;16", (8, 8), 40_000), "PNG"),
        (Image.new("I", (8, 8), 100_000), "TIFF"),
        (Image.new("F", (8, 8), 0.5), "TIFF"),
        (Image.new("LAB", (8, 8)), "TIFF"),
        (Image.new("RGB", (8, 8), "red"), "BMP"),
        (Image.new("RGB", (8, 8), "red"), "AVIF"),
        (Image.new("RGB", (8, 8), "red"), "WEBP"),
    ],
    ids=lambda value: value.mode if isinstance(value, Image.Image) else value,
)
def test_every_kind_of_colour_is_turned_into_plain_ones(
    tmp_path: Path, picture: Image.Image, kind: str
) -> None:
    _, files = made(sent(picture, kind), tmp_path)
    assert files["full"].mode == ("RGBA" if picture.mode in ("LA", "RGBA") else "RGB")
    files["full"].load()


def test_tones_and_colours_stay_what_they_were(tmp_path: Path) -> None:
    _, files = made(sent(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG"), tmp_path)
    red, green, blue = files["full"].getpixel((4, 4))  # type: ignore[misc]
    assert red > 200 and green < 60 and blue < 60
    _, files = made(sent(Image.new("I;16", (8, 8), 40_000), "PNG"), tmp_path)
    assert abs(files["full"].getpixel((4, 4))[0] - 40_000 // 256) < 4  # type: ignore[index,operator]


def test_another_colour_space_is_turned_into_srgb(tmp_path: Path) -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = srgb.replace(b"rXYZ", b"....").replace(b"bXYZ", b"rXYZ").replace(b"....", b"bXYZ")
    red = Image.new("RGB", (8, 8), "red")
    for profile, seen in ((srgb, (255, 0, 0)), (swapped, (0, 0, 255))):
        _, files = made(sent(red, "PNG", icc_profile=profile), tmp_path)
        assert np.allclose(files["full"].getpixel((4, 4)), seen, atol=8)


def test_a_profile_that_is_rubbish_is_left_out(tmp_path: Path) -> None:
    _, files = made(sent(Image.new("RGB", (8, 8), (90, 90, 90)), "PNG", icc_profile=b"rubbish"), tmp_path)
    assert abs(files["full"].getpixel((4, 4))[0] - 90) < 4  # type: ignore[index,operator]


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_of_an_animation_the_first_frame_is_taken(tmp_path: Path, kind: str) -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    data = sent(frames[0], kind, save_all=True, append_images=frames[1:])
    _, files = made(data, tmp_path)
    assert not getattr(files["full"], "is_animated", False)
    red, _, blue = files["full"].getpixel((4, 4))  # type: ignore[misc]
    assert red > 200 and blue < 60


def test_a_claim_of_a_hundred_megapixels_is_refused_unread(tmp_path: Path) -> None:
    with pytest.raises(MediaRefused) as caught:
        made(png(10_000, 10_000), tmp_path)
    assert caught.value.code == "too_many_pixels"
    assert "100 megapixels" in caught.value.message and "40" in caught.value.message


def test_a_bomb_of_zeroes_is_refused(tmp_path: Path) -> None:
    bomb = png(20_000, 20_000, data=zlib.compress(bytes(20_001 * 2_000), 9))
    assert len(bomb) < 100_000
    assert refusal(bomb, tmp_path) == "too_many_pixels"


def test_a_small_picture_with_a_bomb_inside_takes_only_what_it_claims(tmp_path: Path) -> None:
    said, _ = made(png(10, 10, data=zlib.compress(bytes(50_000_000), 9)), tmp_path)
    assert said["width"] == 10


def test_a_text_that_unpacks_endlessly_is_refused(tmp_path: Path) -> None:
    body = b"Comment\0\0" + zlib.compress(bytes(50_000_000), 9)
    chunk = len(body).to_bytes(4, "big") + b"zTXt" + body + zlib.crc32(b"zTXt" + body).to_bytes(4, "big")
    data = sent(Image.new("RGB", (4, 4)), "PNG")
    assert refusal(data[:33] + chunk + data[33:], tmp_path) == "broken_picture"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP", "AVIF"])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.9])
def test_a_picture_that_was_cut_off_is_refused(tmp_path: Path, kind: str, share: float) -> None:
    data = sent(noise(100, 100), kind)
    assert refusal(data[: int(len(data) * share)], tmp_path) in ("broken_picture", "unknown")


def test_a_picture_that_is_also_something_else_is_a_picture_only(tmp_path: Path) -> None:
    data = sent(noise(20, 20), "PNG") + b"PK\3\4<script>alert(1)</script><?php evil(); ?>"
    _, files = made(data, tmp_path)
    assert files["full"].size == (20, 20)
    for size in files:
        assert b"script" not in (tmp_path / f"{size}.webp").read_bytes()


def test_a_script_dressed_as_a_gif_is_refused(tmp_path: Path) -> None:
    assert refusal(b"GIF89a/*" + bytes(20) + b"*/=alert(1);//", tmp_path) == "broken_picture"


def test_a_line_of_one_pixel_keeps_its_one_pixel(tmp_path: Path) -> None:
    _, files = made(sent(Image.new("L", (9000, 1)), "PNG"), tmp_path)
    assert files["full"].size == (4000, 1) and files["thumb"].size == (320, 1)
