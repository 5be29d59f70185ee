"""Video: H.264 and AAC in an MP4 that starts to play before it is there in full, upright, at most 1280 pixels."""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer, OutputContainer

from . import pictures, streams
from .errors import MediaRefused
from .sounds import Track, refuse_long

MOST_MINUTES = 15
MOST_PIXELS = 4096 * 2304  # of a frame that is read
LONGEST_SIDE = 1280  # pixels of a frame that is written
MOST_EARLY = 2000  # pieces of sound before the first picture, some 40 seconds
_RATES = (Fraction(5), Fraction(30))  # frames a second
_X264 = {"preset": "veryfast", "crf": "26", "profile": "main"}


def make(path: Path, folder: Path) -> dict[str, Any]:
    """Write "full" (mp4), "thumb" (WebP of the first frame) and, with sound, "peaks". Raises MediaRefused.

    Returns `width` and `height` of what was written, `seconds` and `sizes`.
    """
    with streams.opened(path, broken="broken_video") as source:
        picture = streams.picture_of(source)
        if picture is None:
            raise MediaRefused("no_sound")
        streams.check(picture)
        refuse_long(source, MOST_MINUTES, "video_too_long")
        context = picture.codec_context
        if context.width * context.height > MOST_PIXELS:
            raise MediaRefused("video_too_large", width=context.width, height=context.height)
        with streams.written(folder / "full.mp4") as target:
            film = _Film(target, picture, folder)
            track = _track(source, target)
            _copy(source, film, track)
    if not film.frames:
        raise MediaRefused("broken_video")
    sizes = {"full": "full.mp4", "thumb": "thumb.webp"}
    if track and track.samples:
        (folder / "peaks.json").write_text(json.dumps(track.peaks()))
        sizes["peaks"] = "peaks.json"
    return {"width": film.width, "height": film.height, "seconds": film.seconds, "sizes": sizes}


def _track(source: InputContainer, target: OutputContainer) -> Track | None:
    """The first sound, if its decoder is one of ours; a film may do without."""
    if not source.streams.audio or not streams.known(source.streams.audio[0]):
        return None
    return Track(target, source.streams.audio[0], MOST_MINUTES, "video_too_long")


def _copy(source: InputContainer, film: "_Film", track: Track | None) -> None:
    """Everything, from the moment the file begins.

    Sound that comes before the first picture waits for it: an MP4 is begun when the size of both is known.
    """
    begin = (source.start_time or 0) / av.time_base
    wanted: list[Any] = [film.source, *(source.streams.audio[:1] if track else ())]
    early: list[av.AudioFrame] = []
    for frame in streams.decoded(source, wanted, "broken_video"):
        if frame.pts is None or frame.time_base is None:
            continue
        frame.pts = max(0, frame.pts - round(begin / frame.time_base))
        if frame.pts * frame.time_base > MOST_MINUTES * 60:
            raise MediaRefused("video_too_long", most=MOST_MINUTES)
        if isinstance(frame, av.VideoFrame):
            film.take(frame)
        else:
            early.append(frame)
        if track and film.graph:
            for sound in early:
                track.take(sound)
            early.clear()
        elif len(early) > MOST_EARLY:
            raise MediaRefused("broken_video")
    film.end()
    if track:
        track.end()


class _Film:
    """The moving picture being written: turned, made smaller, at an even pace."""

    def __init__(self, target: OutputContainer, source: av.VideoStream, folder: Path) -> None:
        self.target, self.source, self.folder = target, source, folder
        rate = Fraction(source.average_rate or 25)
        self.rate = min(max(rate, _RATES[0]), _RATES[1]).limit_denominator(1001)
        self.stream = target.add_stream("libx264", rate=self.rate, options=_X264)
        self.stream.pix_fmt = "yuv420p"
        self.stream.thread_count = 2
        self.graph: av.filter.Graph | None = None
        self.width = self.height = self.frames = 0

    @property
    def seconds(self) -> float:
        """What was written so far."""
        return float(self.frames / self.rate)

    def take(self, frame: av.VideoFrame) -> None:
        """Add a decoded frame; the first one decides the size."""
        if self.graph is None:
            self.graph = self._graph_for(frame)
        self.graph.vpush(frame)
        self._write()

    def end(self) -> None:
        """Write what is still held back."""
        if self.graph:
            self.graph.vpush(None)
            self._write()
        self.target.mux(self.stream.encode(None))

    def _graph_for(self, frame: av.VideoFrame) -> av.filter.Graph:
        turn = round(frame.rotation / 90) % 4  # quarters, against the clock
        shape = float(self.source.sample_aspect_ratio or 1)
        wide, high = frame.width * shape, float(frame.height)
        if turn % 2:
            wide, high = high, wide
        factor = min(1.0, LONGEST_SIDE / max(wide, high))
        self.width, self.height = (max(2, round(side * factor / 2) * 2) for side in (wide, high))
        self.stream.width, self.stream.height = self.width, self.height
        graph = av.filter.Graph()
        steps = [graph.add_buffer(template=self.source, time_base=frame.time_base)]
        for name, options in (
            *(("transpose", "cclock"),) * turn,
            ("scale", f"{self.width}:{self.height}"),
            ("setsar", "1"),
            ("fps", f"fps={self.rate}:start_time=0"),
            ("format", "yuv420p"),
            ("buffersink", None),
        ):
            steps.append(graph.add(name, options))
        graph.link_nodes(*steps).configure()
        return graph

    def _write(self) -> None:
        assert self.graph is not None
        while True:
            try:
                frame = self.graph.vpull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            if not self.frames:
                pictures.save(frame.to_image(), self.folder, "thumb", pictures.SIZES["thumb"])
            self.frames += 1
            frame.pict_type = av.video.frame.PictureType.NONE
            self.target.mux(self.stream.encode(frame))
