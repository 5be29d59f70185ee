"""Photos and recordings that a simulated worker takes: a few colours, a tone."""

import io
import math
import random
import struct
import wave

from PIL import Image, ImageDraw

SIDE = (320, 240)
RATE, SECONDS = 16_000, 1


def take(kind: str, rng: random.Random) -> bytes:
    """A small file of this kind, "photo" (PNG) or "sound" (WAV)."""
    return _photo(rng) if kind == "photo" else _sound(rng)


def _photo(rng: random.Random) -> bytes:
    wide, high = SIDE
    image = Image.new("RGB", SIDE, _colour(rng))
    draw = ImageDraw.Draw(image)
    for _each in range(5):
        x, y, size = rng.randrange(wide), rng.randrange(high), rng.randint(20, 90)
        draw.ellipse((x - size, y - size, x + size, y + size), fill=_colour(rng))
    sent = io.BytesIO()
    image.save(sent, "PNG")
    return sent.getvalue()


def _colour(rng: random.Random) -> tuple[int, int, int]:
    return rng.randrange(256), rng.randrange(256), rng.randrange(256)


def _sound(rng: random.Random) -> bytes:
    pitch = rng.uniform(220, 660)
    tone = (round(9_000 * math.sin(2 * math.pi * pitch * at / RATE)) for at in range(RATE * SECONDS))
    sent = io.BytesIO()
    with wave.open(sent, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(b"".join(struct.pack("<h", each) for each in tone))
    return sent.getvalue()
