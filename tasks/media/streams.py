"""Opening sound and video: only the formats and decoders named here, only this one file, never an address.

FFmpeg would otherwise guess the format, and some formats (HLS, concat, DASH, SDP) open further files and addresses.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
from av.container import InputContainer, OutputContainer
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

from . import kinds
from .errors import MediaRefused

_SOUND = """
    aac aac_fixed ac3 alac amrnb amrwb eac3 flac gsm gsm_ms libopencore_amrnb libopencore_amrwb mp1
    mp1float mp2 mp2float mp3 mp3float opus libopus vorbis wmav1 wmav2 wmapro speex pcm_alaw
    pcm_mulaw pcm_u8 pcm_s8 pcm_s16be pcm_s16le pcm_s24be pcm_s24le pcm_s32be pcm_s32le pcm_f32be
    pcm_f32le pcm_f64be pcm_f64le adpcm_ima_wav adpcm_ima_qt adpcm_ms
"""
_PICTURES = """
    h263 h264 hevc vp8 libvpx vp9 libvpx-vp9 av1 libdav1d mpeg1video mpeg2video mpeg4 msmpeg4v2
    msmpeg4v3 wmv1 wmv2 wmv3 vc1 theora flv mjpeg prores dvvideo
"""
DECODERS = frozenset((_SOUND + _PICTURES).split())
_OPTIONS = {
    "protocol_whitelist": "none",
    "codec_whitelist": ",".join(sorted(DECODERS)),
    "enable_drefs": "0",
    "use_absolute_path": "0",
}


@contextmanager
def opened(path: Path, *, broken: str = "broken_sound") -> Iterator[InputContainer]:
    """The container, read through our own file object. Whatever FFmpeg stumbles over is refused as `broken`."""
    form = kinds.form_of(path)
    options = (
        _OPTIONS if form.name == "mov" else {k: v for k, v in _OPTIONS.items() if k.endswith("whitelist")}
    )
    try:
        with path.open("rb") as file, av.open(file, "r", format=form.name, options=options) as container:
            yield container
    except MemoryError:
        raise MediaRefused("too_heavy") from None
    except (av.FFmpegError, ValueError, EOFError, OverflowError):
        raise MediaRefused(broken) from None


@contextmanager
def written(path: Path) -> Iterator[OutputContainer]:
    """A new MP4 (or M4A) with nothing in it but its tracks, the index in front."""
    options = {"movflags": "+faststart", "fflags": "+bitexact"}
    with av.open(
        str(path), "w", format="ipod" if path.suffix == ".m4a" else "mp4", options=options
    ) as target:
        yield target


def picture_of(container: InputContainer) -> VideoStream | None:
    """The first moving picture; the cover of a record is none."""
    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            return stream
    return None


def decoded(
    container: InputContainer, streams: list[Stream], broken: str
) -> Iterator[av.AudioFrame | av.VideoFrame]:
    """The frames as they come. A few damaged packets are passed over, as players do; many refuse the file."""
    packets = damaged = 0
    for packet in container.demux(streams):
        packets += 1
        try:
            frames = packet.decode()
        except av.error.InvalidDataError:
            damaged += 1
            if damaged > 10 + packets // 50:
                raise MediaRefused(broken) from None
            continue
        for frame in frames:
            if isinstance(frame, av.AudioFrame | av.VideoFrame):
                yield frame


def known(stream: Stream) -> bool:
    """Whether one of our decoders reads the stream; FFmpeg gives none to what is damaged or not on the list."""
    context = getattr(stream, "codec_context", None)
    return context is not None and context.codec is not None and context.codec.name in DECODERS


def check(stream: Stream) -> None:
    """Refuse a stream that none of our decoders reads."""
    if not known(stream):
        raise MediaRefused("unknown_codec")
