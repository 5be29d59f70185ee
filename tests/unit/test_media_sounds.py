"""Sound and video come out in one format that every browser plays, with nothing but what is heard and seen."""

import json
import socket
import struct
import wave
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from tasks.media import kinds, sounds, streams, videos
from tasks.media.errors import MediaRefused

TAGS = {
    "title": "SecretTitle",
    "artist": "SecretArtist",
    "comment": "SecretNote",
    "location": "+48.85+002.35/",
}


def tone(file: Path, seconds: float = 1.0, *, rate: int = 16_000, channels: int = 1) -> Path:
    """A WAV whose first half is silent."""
    count = int(seconds * rate)
    heard = (np.sin(np.arange(count) * 0.2) * 20_000).astype("<i2")
    heard[: count // 2] = 0
    with wave.open(str(file), "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(np.repeat(heard, channels).tobytes())
    return file


def recoded(file: Path, codec: str, form: str, seconds: float = 1.0) -> Path:
    """The tone in another format, with tags."""
    heard = str(tone(file.with_suffix(".wav"), seconds, rate=48_000))
    with av.open(heard) as source, av.open(str(file), "w", format=form) as target:
        target.metadata.update(TAGS)
        stream = target.add_stream(codec, rate=48_000, layout="mono")
        stream.bit_rate = 64_000
        for frame in source.decode(audio=0):
            target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
    return file


def film(
    file: Path, codec: str = "libx264", form: str = "mp4", *, seconds: float = 1.0, size: tuple[int, int] = (320, 180),
    rate: int = 10, sound: str = "",
) -> Path:  # fmt: skip
    """A film: its upper left quarter is red."""
    with av.open(str(file), "w", format=form) as target:
        target.metadata.update(TAGS)
        picture = target.add_stream(codec, rate=rate)
        picture.width, picture.height = size
        picture.pix_fmt = "yuv420p"
        heard = target.add_stream(sound, rate=48_000, layout="mono") if sound else None
        pixels = np.zeros((size[1], size[0], 3), np.uint8)
        pixels[: size[1] // 2, : size[0] // 2] = (255, 0, 0)
        for number in range(int(seconds * rate)):
            frame = av.VideoFrame.from_ndarray(pixels)
            frame.pts, frame.time_base = number, Fraction(1, rate)
            target.mux(picture.encode(frame))
        target.mux(picture.encode(None))
        if heard is not None:
            with av.open(str(tone(file.with_suffix(".wav"), seconds, rate=48_000))) as source:
                for one in source.decode(audio=0):
                    target.mux(heard.encode(one))
            target.mux(heard.encode(None))
    return file


def said(call: Any, *args: Any) -> MediaRefused:
    with pytest.raises(MediaRefused) as caught:
        call(*args)
    assert "%(" not in caught.value.message
    return caught.value


def clean(file: Path) -> None:
    """No tag, and the index before the sound and pictures."""
    data = file.read_bytes()
    assert b"Secret" not in data and b"48.85" not in data
    assert data.index(b"moov") < data.index(b"mdat")
    with av.open(str(file)) as made:
        assert not {"title", "artist", "comment", "location"} & set(made.metadata)


# Sounds.


def test_a_recording_becomes_aac_with_its_length_and_its_wave(tmp_path: Path) -> None:
    made = sounds.make(tone(tmp_path / "a", 2.0), tmp_path)
    assert made["seconds"] == pytest.approx(2, abs=0.1)
    with av.open(str(tmp_path / "full.m4a")) as out:
        stream = out.streams.audio[0]
        assert (stream.codec_context.name, stream.codec_context.channels) == ("aac", 1)
        assert out.duration / av.time_base == pytest.approx(2, abs=0.15)
    peaks = json.loads((tmp_path / made["sizes"]["peaks"]).read_text())
    assert max(peaks[: len(peaks) // 2 - 2]) < 0.05 and 0.5 < min(peaks[len(peaks) // 2 + 2 : -2]) <= 1
    clean(tmp_path / "full.m4a")


def test_a_long_recording_has_a_thousand_peaks(tmp_path: Path) -> None:
    made = sounds.make(tone(tmp_path / "a", 90.0), tmp_path)
    peaks = json.loads((tmp_path / "peaks.json").read_text())
    assert len(peaks) == 1000 and made["seconds"] == pytest.approx(90, abs=0.1)
    assert max(peaks[:495]) < 0.05 and min(peaks[505:-2]) > 0.5


@pytest.mark.parametrize(
    ("codec", "form"),
    [
        ("libmp3lame", "mp3"),
        ("libopus", "ogg"),
        ("libopus", "webm"),
        ("flac", "flac"),
        ("aac", "ipod"),
        ("aac", "adts"),
        ("pcm_s16be", "aiff"),
        ("wmav2", "asf"),
        ("alac", "ipod"),
        ("pcm_s24le", "wav"),
    ],
)
def test_every_common_sound_is_taken_and_its_tags_are_left(tmp_path: Path, codec: str, form: str) -> None:
    file = recoded(tmp_path / "sent.jpg", codec, form)
    assert kinds.kind_of(file) == "sound"
    assert sounds.make(file, tmp_path)["seconds"] == pytest.approx(1, abs=0.15)
    clean(tmp_path / "full.m4a")


@pytest.mark.parametrize(("rate", "channels", "kept"), [(8_000, 1, 1), (44_100, 2, 2), (96_000, 6, 2)])
def test_any_rate_and_number_of_channels_is_heard(
    tmp_path: Path, rate: int, channels: int, kept: int
) -> None:
    made = sounds.make(tone(tmp_path / "a", 1.0, rate=rate, channels=channels), tmp_path)
    assert made["seconds"] == pytest.approx(1, abs=0.15)
    with av.open(str(tmp_path / "full.m4a")) as out:
        assert out.streams.audio[0].codec_context.channels == kept


def test_a_sound_of_three_hours_is_refused_unread(tmp_path: Path) -> None:
    file, size = tmp_path / "long.wav", 3 * 3600 * 8000
    with file.open("wb") as out:
        out.write(b"RIFF" + struct.pack("<I", size + 36) + b"WAVEfmt ")
        out.write(struct.pack("<IHHIIHH", 16, 1, 1, 8000, 8000, 1, 8) + b"data" + struct.pack("<I", size))
        out.truncate(size + 44)  # a hole: takes no room on the disk
    refused = said(sounds.make, file, tmp_path)
    assert refused.code == "sound_too_long" and "60 minutes" in refused.message


def test_a_sound_that_hides_its_length_is_refused_while_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sounds, "refuse_long", lambda *_: None)
    monkeypatch.setattr(sounds, "MOST_MINUTES", 1)
    assert said(sounds.make, tone(tmp_path / "a", 61, rate=8000), tmp_path).code == "sound_too_long"


@pytest.mark.parametrize("share", [0.0005, 0.3])
def test_a_recording_without_its_end_is_refused(tmp_path: Path, share: float) -> None:
    file = recoded(tmp_path / "sent", "aac", "ipod", 3.0)
    data = file.read_bytes()
    file.write_bytes(data[: max(16, int(len(data) * share))])
    assert said(sounds.make, file, tmp_path).code == "broken_sound"


@pytest.mark.parametrize(
    "head", [b"ID3\x04\0\0\0\0\0\0", b"OggS", b"fLaC", b"RIFF\xff\xff\xff\x7fWAVE", b"caff"]
)
def test_noise_behind_an_honest_beginning_is_refused(tmp_path: Path, head: bytes) -> None:
    file = tmp_path / "a"
    file.write_bytes(head + np.random.default_rng(2).bytes(50_000))
    assert said(sounds.make, file, tmp_path).code in ("broken_sound", "no_sound", "unknown_codec")


def test_a_sound_with_a_cover_is_a_sound(tmp_path: Path) -> None:
    file = recoded(tmp_path / "a.mp3", "libmp3lame", "mp3")
    cover = tmp_path / "cover.png"
    Image.new("RGB", (8, 8), "red").save(cover)
    picture = b"\0image/png\0\3\0" + cover.read_bytes()
    frame = b"APIC" + struct.pack(">IH", len(picture), 0) + picture
    size = len(frame)
    spread = bytes((size >> shift) & 0x7F for shift in (21, 14, 7, 0))
    file.write_bytes(b"ID3\x03\0\0" + spread + frame + file.read_bytes())
    with streams.opened(file) as opened:
        assert len(opened.streams.video) == 1
    assert kinds.kind_of(file) == "sound"
    assert sounds.make(file, tmp_path)["seconds"] == pytest.approx(1, abs=0.15)


def test_a_decoder_that_is_not_on_the_list_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "DECODERS", frozenset({"mp3"}))
    assert said(sounds.make, tone(tmp_path / "a"), tmp_path).code == "unknown_codec"
    assert said(videos.make, film(tmp_path / "b"), tmp_path).code == "unknown_codec"


def test_a_film_whose_sound_is_unknown_is_shown_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "DECODERS", streams.DECODERS - {"aac"})
    assert set(videos.make(film(tmp_path / "a", sound="aac"), tmp_path)["sizes"]) == {"full", "thumb"}


def test_only_the_form_that_was_seen_is_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kinds, "form_of", lambda _path: kinds.Form("av", "flac"))
    assert said(sounds.make, tone(tmp_path / "a"), tmp_path).code == "broken_sound"


def test_a_list_of_addresses_behind_the_tags_of_an_mp3_is_not_opened(tmp_path: Path) -> None:
    tags, sent = b"ID3\4\0\0\0\0\0\0", tmp_path / "sent"
    with socket.create_server(("127.0.0.1", 0)) as door:
        door.setblocking(False)
        address = f"http://127.0.0.1:{door.getsockname()[1]}/a.ts"
        sent.write_bytes(tags + f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{address}\n".encode() * 9)
        assert said(sounds.make, sent, tmp_path).code == "broken_sound"
        with pytest.raises(BlockingIOError):  # nobody knocked
            door.accept()


# Videos.


@pytest.mark.parametrize(
    ("codec", "form", "sound"),
    [
        ("libx264", "mp4", "aac"),
        ("libx264", "matroska", "libmp3lame"),
        ("libvpx-vp9", "webm", "libopus"),
        ("libvpx", "webm", "libopus"),
        ("mpeg4", "avi", "libmp3lame"),
        ("mpeg2video", "mpegts", "mp2"),
        ("libx265", "mov", "aac"),
    ],
)
def test_every_common_video_is_taken_and_its_tags_are_left(
    tmp_path: Path, codec: str, form: str, sound: str
) -> None:
    file = film(tmp_path / "sent.png", codec, form, sound=sound)
    assert kinds.kind_of(file) == "video"
    made = videos.make(file, tmp_path)
    assert (made["width"], made["height"]) == (320, 180)
    assert made["seconds"] == pytest.approx(1, abs=0.25)
    assert set(made["sizes"]) == {"full", "thumb", "peaks"}
    clean(tmp_path / "full.mp4")
    with av.open(str(tmp_path / "full.mp4")) as out:
        assert [stream.codec_context.name for stream in out.streams] == ["h264", "aac"]
        assert out.streams.video[0].codec_context.pix_fmt == "yuv420p"
    red, green, blue = Image.open(tmp_path / "thumb.webp").convert("RGB").getpixel((20, 20))  # type: ignore[misc]
    assert red > 180 and green < 70 and blue < 70


def test_a_large_silent_film_gets_smaller_and_calmer(tmp_path: Path) -> None:
    made = videos.make(film(tmp_path / "sent", size=(1080, 1920), rate=60, seconds=0.2), tmp_path)
    assert (made["width"], made["height"]) == (720, 1280)
    assert set(made["sizes"]) == {"full", "thumb"}
    with av.open(str(tmp_path / "full.mp4")) as out:
        assert out.streams.video[0].average_rate == 30
        assert sum(1 for _ in out.decode(video=0)) == 6
    assert Image.open(tmp_path / "thumb.webp").size == (180, 320)


@pytest.mark.parametrize(
    ("matrix", "red_at"),
    [((0, 1, -1, 0), (170, 10)), ((0, -1, 1, 0), (10, 310)), ((-1, 0, 0, -1), (310, 170))],
)
def test_a_film_held_sideways_stands_upright(
    tmp_path: Path, matrix: tuple[int, int, int, int], red_at: tuple[int, int]
) -> None:
    file = film(tmp_path / "sent")
    data = bytearray(file.read_bytes())
    at = (
        data.index(b"tkhd", data.index(b"moov")) + 4 + 4 + 20 + 8 + 8
    )  # version 0: times, ids, duration, layer…
    one = 0x10000
    a, b, c, d = (number * one for number in matrix)
    struct.pack_into(">9i", data, at, a, b, 0, c, d, 0, 0, 0, 0x40000000)
    file.write_bytes(data)
    made = videos.make(file, tmp_path)
    assert (made["width"], made["height"]) == ((320, 180) if matrix[0] else (180, 320))
    red, _, blue = Image.open(tmp_path / "thumb.webp").convert("RGB").getpixel(red_at)  # type: ignore[misc]
    assert red > 180 and blue < 70


def test_a_film_of_twenty_minutes_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with av.open(str(tmp_path / "sent"), "w", format="mp4") as target:
        stream = target.add_stream("libx264", rate=Fraction(1, 60))
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        for number in range(20):
            frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8))
            frame.pts, frame.time_base = number, Fraction(60)
            target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
    assert said(videos.make, tmp_path / "sent", tmp_path).code == "video_too_long"
    monkeypatch.setattr(videos, "refuse_long", lambda *_: None)  # as if it had said nothing of its length
    assert said(videos.make, tmp_path / "sent", tmp_path).code == "video_too_long"


def test_a_film_of_too_many_pixels_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(videos, "MOST_PIXELS", 320 * 180 - 1)
    refused = said(videos.make, film(tmp_path / "sent"), tmp_path)
    assert refused.code == "video_too_large" and "320 × 180" in refused.message


def test_a_film_without_its_end_is_refused(tmp_path: Path) -> None:
    file = film(tmp_path / "sent")
    file.write_bytes(file.read_bytes()[:-400])
    assert said(videos.make, file, tmp_path).code == "broken_video"
