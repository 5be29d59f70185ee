"""What a file is, by its first bytes, whatever its name says; and a sentence for what is not taken."""

import io
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from tasks.media import errors
from tasks.media.errors import MediaRefused
from tasks.media.kinds import form_of, kind_of


def picture(kind: str) -> bytes:
    held = io.BytesIO()
    Image.new("RGB", (3, 2), "red").save(held, kind)
    return held.getvalue()


def archive() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as file:
        file.writestr("a.txt", "a")
    return held.getvalue()


def boxed(brand: bytes, *others: bytes) -> bytes:
    return (
        (16 + 4 * len(others)).to_bytes(4, "big") + b"ftyp" + brand + bytes(4) + b"".join(others) + bytes(64)
    )


SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP", "AVIF"])
def test_a_picture_is_known_by_its_bytes(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "name.exe"
    file.write_bytes(picture(kind))
    assert form_of(file).name == kind
    assert kind_of(file) == "picture"


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"ID3\x04" + bytes(20), "mp3"),
        (b"\xff\xfb\x90\x64" + bytes(20), "mp3"),
        (b"\xff\xf1\x50\x80" + bytes(20), "aac"),
        (b"RIFF\0\0\0\0WAVEfmt ", "wav"),
        (b"OggS" + bytes(20), "ogg"),
        (b"fLaC" + bytes(20), "flac"),
        (b"#!AMR\n", "amr"),
        (b"\x1aE\xdf\xa3" + bytes(20), "matroska"),
        ((b"\x47" + bytes(187)) * 3, "mpegts"),
        (boxed(b"M4A "), "mov"),
        (boxed(b"isom", b"mif1"), "mov"),
        (b"%PDF-1.7\n", "PDF"),
    ],
)
def test_sound_video_and_pages_are_known_by_their_bytes(tmp_path: Path, data: bytes, name: str) -> None:
    file = tmp_path / "name.jpg"
    file.write_bytes(data)
    assert form_of(file).name == name


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (SVG, "svg"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- x -->" + SVG, "svg"),
        (("\ufeff" + SVG.decode()).encode("utf-16-le"), "svg"),
        (b"<!DOCTYPE html><html><body>404", "web_page"),
        (b"\n\n<HTML><script>alert(1)</script>", "web_page"),
        (b"MZ\x90\0" + bytes(100), "program"),
        (b"\x7fELF\2\1\1" + bytes(100), "program"),
        (b"#!/bin/sh\nrm -rf /\n", "program"),
        (b"\0asm\1\0\0\0", "program"),
        (archive(), "archive"),
        (b"\x1f\x8b\x08" + bytes(20), "archive"),
        (bytes(257).replace(b"\0", b"a") + b"ustar\x0000", "archive"),
        (boxed(b"heic", b"mif1"), "heic"),
        (b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "text"),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", "text"),
        ("Un texte accentué, coupé ici : ".encode() + "é".encode()[:1], "text"),
        (b"%!PS-Adobe-3.0\n", "text"),
        (b"RIFF\0\0\0\0ACON", "unknown"),
        (b"BM" + bytes(100), "unknown"),
        (b"\x47" + bytes(600), "unknown"),
        (bytes(5000), "unknown"),
    ],
)
def test_what_is_not_taken_is_refused_by_name(tmp_path: Path, data: bytes, code: str) -> None:
    file = tmp_path / "photo.jpg"
    file.write_bytes(data)
    with pytest.raises(MediaRefused) as caught:
        form_of(file)
    assert caught.value.code == code
    assert "%(" not in caught.value.message


def test_every_refusal_is_a_sentence_with_its_values() -> None:
    names = "megapixels most name width height pages port host status encoding megabytes seconds"
    values = dict.fromkeys(names.split(), "7")
    for code in errors.SENTENCES:
        sentence = MediaRefused(code, **values).message
        assert "%" not in sentence and len(sentence) > 20 and sentence.endswith("."), code
    with pytest.raises(ValueError, match="no sentence"):
        MediaRefused("never_heard_of")
