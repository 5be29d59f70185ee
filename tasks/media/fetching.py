"""The one place that opens an address a stranger gave us. Nothing inside our network can be reached through it.

A name is resolved once, every address it has is checked, and the connection goes to that very address: what the name
says a second later does not matter. Redirects go the same way. No proxy, cookie, password or compression is involved,
and one clock runs over all of it. The rules and their reasons: docs/adr/0027-media-made-harmless.md.
"""

import contextlib
import http.client
import io
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from .addresses import is_public
from .errors import MediaRefused

MOST_REDIRECTS = 3
LONGEST_ADDRESS = 2000  # characters
LONGEST_HEADERS = 64 << 10  # bytes of the status line and all headers
CONNECTING = 10.0  # seconds for one address, so that a second one has a chance
MOST_ADDRESSES = 3  # tried of one name
PIECE = 64 << 10  # bytes read at once

_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_REDIRECTS = (301, 302, 303, 307, 308)


@dataclass(frozen=True)
class Fetched:
    """What arrived, and from where in the end. What the server called it is a claim; `kinds` looks for itself."""

    final_url: str
    bytes: int
    content_type_said: str


def resolve(host: str) -> list[str]:
    """The addresses of a name, as texts, in the order of preference. Raises OSError."""
    found = socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def connect(address: str, seconds: float) -> socket.socket:
    """A connection to port 443 of a numeric address. Raises OSError."""
    return socket.create_connection((address, 443), timeout=seconds)


def fetch(url: str, into: Path, *, most_bytes: int, seconds: float) -> Fetched:
    """Write what an https address holds to `into`, which is replaced, or left absent. Raises MediaRefused."""
    return Fetcher().fetch(url, into, most_bytes=most_bytes, seconds=seconds)


@dataclass
class Fetcher:
    """The ways to the outside, as parameters for tests alone: no setting leads here. The checks are not among them."""

    resolve: Callable[[str], list[str]] = resolve
    connect: Callable[[str, float], socket.socket] = connect
    context: ssl.SSLContext = field(default_factory=ssl.create_default_context)

    def fetch(self, url: str, into: Path, *, most_bytes: int, seconds: float) -> Fetched:
        """As the function of this name."""
        clock = _Clock(seconds)
        for _hop in range(MOST_REDIRECTS + 1):
            parts = read_address(url)
            with contextlib.closing(self._open(parts, clock)) as wire:
                line = _Line(wire, clock, most=LONGEST_HEADERS)
                with contextlib.closing(_ask(parts, line)) as answer:
                    if answer.status in _REDIRECTS:
                        url = _next(url, answer, parts)
                        continue
                    _check_head(answer, parts, most_bytes)
                    line.most = 2 * most_bytes + 2 * LONGEST_HEADERS  # the framing of small chunks included
                    size = _save(answer, into, most_bytes, _host(parts))
                    return Fetched(url, size, (answer.getheader("Content-Type") or "")[:100])
        raise MediaRefused("redirects", most=MOST_REDIRECTS)

    def _open(self, parts: SplitResult, clock: "_Clock") -> ssl.SSLSocket:
        """A TLS connection to a checked address of the host."""
        host = _host(parts)
        addresses = self._addresses(host, clock)
        for address in addresses[:MOST_ADDRESSES]:
            try:
                plain = self.connect(address, min(CONNECTING, clock.left()))
            except OSError:
                continue
            try:
                plain.settimeout(clock.left())
                return self.context.wrap_socket(plain, server_hostname=host)
            except ssl.SSLCertVerificationError:
                plain.close()
                raise MediaRefused("certificate", host=host) from None
            except OSError:
                plain.close()
            except BaseException:
                plain.close()
                raise
        clock.left()
        raise MediaRefused("no_answer", host=host)

    def _addresses(self, host: str, clock: "_Clock") -> list[str]:
        """All addresses of the host, each of them public. The system's resolver knows no time limit: a thread does."""
        found: list[str] = []

        def look() -> None:
            with contextlib.suppress(OSError, UnicodeError):
                found.extend(self.resolve(host))

        thread = threading.Thread(target=look, daemon=True)
        thread.start()
        thread.join(clock.left())
        clock.left()
        addresses = list(found)
        if not addresses:
            raise MediaRefused("no_such_host", host=host)
        if not all(is_public(address) for address in addresses):
            raise MediaRefused("private", host=host)
        return addresses


def read_address(url: str) -> SplitResult:
    """An address with nothing odd in it, its host in ASCII. Raises MediaRefused."""
    url = url.strip(" ")
    if not url or len(url) > LONGEST_ADDRESS or re.search(r"[\x00-\x20\x7f-\xa0\\]", url):
        raise MediaRefused("address")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise MediaRefused("address") from None
    if parts.scheme != "https":
        raise MediaRefused("not_https")
    if "@" in parts.netloc:
        raise MediaRefused("credentials")
    if port not in (None, 443):
        raise MediaRefused("port", port=str(port))
    return parts._replace(netloc=_ascii_host(parts.hostname or ""), fragment="")


def _ascii_host(host: str) -> str:
    """The name as DNS knows it. Addresses by number are refused in every spelling that some resolver understands."""
    if ":" in host:
        raise MediaRefused("numeric_host")
    if not host or len(host) > 253 or "%" in host:
        raise MediaRefused("address")
    try:
        # This also turns wide and circled figures into plain ones, so numbers are looked for after it.
        name = host.encode("idna").decode("ascii").lower().removesuffix(".")
    except UnicodeError:
        raise MediaRefused("address") from None
    labels = name.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        raise MediaRefused("numeric_host")
    if len(labels) < 2 or len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise MediaRefused("address")
    return name


def _host(parts: SplitResult) -> str:
    return parts.netloc


class _Clock:
    """One end for resolving, connecting, every redirect and every byte."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds that are left, more than 0. Raises MediaRefused when there are none."""
        left = self.end - time.monotonic()
        if left <= 0:
            raise MediaRefused("too_slow", seconds=round(self.seconds))
        return left


class _Line(io.RawIOBase):
    """What the other side sends: counted, and read against the clock, however slowly it drips."""

    def __init__(self, wire: ssl.SSLSocket, clock: _Clock, *, most: int) -> None:
        super().__init__()
        self.wire, self.clock, self.most, self.count = wire, clock, most, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self.wire.settimeout(self.clock.left())
        try:
            got = self.wire.recv_into(buffer)
        except TimeoutError:
            self.clock.left()
            raise
        self.count += got
        if self.count > self.most:
            raise http.client.LineTooLong("answer")
        return got

    def makefile(self, _mode: str) -> io.BufferedReader:
        """What http.client asks a socket for."""
        return io.BufferedReader(self, 8192)


def _ask(parts: SplitResult, line: _Line) -> http.client.HTTPResponse:
    """Send the request and read the head of the answer."""
    target = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._") + (
        "?" + quote(parts.query, safe="/%:@!$&'()*+,;=~-._?[]") if parts.query else ""
    )
    request = (
        f"GET {target} HTTP/1.1\r\nHost: {_host(parts)}\r\nUser-Agent: Tessera/1 (media of tasks)\r\n"
        "Accept: image/*, audio/*, video/*, application/pdf, */*;q=0.1\r\nAccept-Encoding: identity\r\n"
        "Connection: close\r\n\r\n"
    )
    answer = http.client.HTTPResponse(line, method="GET")  # type: ignore[arg-type]
    try:
        line.wire.settimeout(line.clock.left())
        line.wire.sendall(request.encode("ascii"))
        answer.begin()
    except (OSError, ValueError, http.client.HTTPException):
        answer.close()
        line.clock.left()
        raise MediaRefused("bad_answer", host=_host(parts)) from None
    except MediaRefused:
        answer.close()
        raise
    return answer


def _next(url: str, answer: http.client.HTTPResponse, parts: SplitResult) -> str:
    """Where a redirect leads; it is checked like an address of its own."""
    where = answer.getheader("Location")
    if not where:
        raise MediaRefused("bad_answer", host=_host(parts))
    with contextlib.suppress(UnicodeError):
        where = where.encode("latin-1").decode()  # headers are bytes; addresses mean UTF-8
    try:
        return urljoin(url, where.strip())
    except ValueError:
        raise MediaRefused("address") from None


def _check_head(answer: http.client.HTTPResponse, parts: SplitResult, most_bytes: int) -> None:
    """Refuse what is not a plain file of a fair size before its first byte is read."""
    if answer.status != 200:
        raise MediaRefused("status", host=_host(parts), status=str(answer.status))
    encoding = (answer.getheader("Content-Encoding") or "identity").strip().lower()
    if encoding != "identity":
        raise MediaRefused("encoding", host=_host(parts), encoding=encoding[:40])
    if answer.length is not None and answer.length > most_bytes:
        raise MediaRefused("too_big", megabytes=most_bytes >> 20)


def _save(answer: http.client.HTTPResponse, into: Path, most_bytes: int, host: str) -> int:
    """Write the body; returns its bytes. What was written of a refused one is deleted."""
    expected, size = answer.length, 0
    try:
        with into.open("wb") as file:
            while piece := answer.read(min(PIECE, most_bytes + 1 - size)):
                size += len(piece)
                if size > most_bytes:
                    raise MediaRefused("too_big", megabytes=most_bytes >> 20)
                file.write(piece)
        if expected is not None and size < expected:
            raise MediaRefused("cut_off")
    except (http.client.HTTPException, TimeoutError, ConnectionError, ssl.SSLError, ValueError):
        into.unlink(missing_ok=True)
        raise MediaRefused("cut_off") from None
    except BaseException:
        into.unlink(missing_ok=True)
        raise
    return size
