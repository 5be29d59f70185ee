"""Sound: one AAC track that every browser plays, without a word about who made it, and the shape of its wave."""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.container import OutputContainer

from . import streams
from .errors import MediaRefused

MOST_MINUTES = 60
PEAKS = 1000  # numbers in the wave of a long recording
_RATES = (16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
_FRAME = 1024  # samples that AAC takes at once
_BIT_RATES = {"mono": 64_000, "stereo": 96_000}


def make(path: Path, folder: Path) -> dict[str, Any]:
    """Write "full" (m4a) and "peaks" (JSON: about 1000 numbers from 0 to 1). Raises MediaRefused.

    Returns `seconds`, as they were heard and not as the file claims, and `sizes`.
    """
    with streams.opened(path, broken="broken_sound") as source:
        if not source.streams.audio:
            raise MediaRefused("no_sound")
        stream = source.streams.audio[0]
        streams.check(stream)
        refuse_long(source, MOST_MINUTES, "sound_too_long")
        with streams.written(folder / "full.m4a") as target:
            track = Track(target, stream, MOST_MINUTES, "sound_too_long")
            for frame in streams.decoded(source, [stream], "broken_sound"):
                frame.pts = None  # gaps are closed: what counts is what is heard
                track.take(frame)
            track.end()
    if not track.samples:
        raise MediaRefused("broken_sound")
    (folder / "peaks.json").write_text(json.dumps(track.peaks()))
    return {"seconds": track.seconds, "sizes": {"full": "full.m4a", "peaks": "peaks.json"}}


def refuse_long(source: av.container.InputContainer, minutes: int, code: str) -> None:
    """Refuse by what the file says of itself, before any work; a file that lies is found out while it is read."""
    if source.duration and source.duration > minutes * 60 * av.time_base:
        raise MediaRefused(code, most=minutes)


class Track:
    """An AAC track being written: at most two channels, its length and its wave taken on the way."""

    def __init__(self, target: OutputContainer, stream: av.AudioStream, minutes: int, code: str) -> None:
        self.rate = next((rate for rate in _RATES if rate >= stream.codec_context.sample_rate), _RATES[-1])
        layout = "mono" if stream.codec_context.channels == 1 else "stereo"
        self.minutes, self.code = minutes, code
        self.target = target
        self.stream = target.add_stream("aac", rate=self.rate, layout=layout)
        self.stream.bit_rate = _BIT_RATES[layout]
        self.resampler = av.AudioResampler("fltp", layout, self.rate, _FRAME)
        self.samples = 0
        self.began = False
        self.next = 0  # when the next piece begins, in samples
        self.highest: list[float] = []

    @property
    def seconds(self) -> float:
        """What was written so far."""
        return self.samples / self.rate

    def take(self, frame: Any) -> None:
        """Add a decoded frame. Raises MediaRefused when the whole gets too long."""
        self.began = True
        self._write(self.resampler.resample(frame))

    def end(self) -> None:
        """Write what is still held back."""
        if self.began:
            self._write(self.resampler.resample(None))
        self.target.mux(self.stream.encode(None))

    def peaks(self) -> list[float]:
        """The loudest moment of each stretch of equal length, from 0 to 1."""
        loud = np.array(self.highest)
        if len(loud) > PEAKS:
            edges = np.linspace(0, len(loud), PEAKS, endpoint=False).astype(int)
            loud = np.maximum.reduceat(loud, edges)
        return [round(float(value), 3) for value in np.clip(np.nan_to_num(loud), 0, 1)]

    def _write(self, frames: list[av.AudioFrame]) -> None:
        for frame in frames:
            self.samples += frame.samples
            if self.seconds > self.minutes * 60:
                raise MediaRefused(self.code, most=self.minutes)
            # Coarse clocks (AVI) would send the sound back and forth in time: it runs on, but for real gaps.
            if frame.pts is None or abs(frame.pts - self.next) < self.rate // 10:
                frame.pts = self.next
            frame.pts = max(frame.pts, self.next)
            frame.time_base = Fraction(1, self.rate)
            self.next = frame.pts + frame.samples
            self.highest.append(float(np.abs(frame.to_ndarray()).max(initial=0)))
            self.target.mux(self.stream.encode(frame))
