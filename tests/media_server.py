"""The internet of one test: a server with a certificate of its own, and names that lead where the test says.

What connects to any address is led to the server; what checks the addresses before is the real thing.
"""

import datetime as dt
import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tasks.media import fetching
from tasks.media.errors import MediaRefused

HOST = "files.example"
PUBLIC, OTHER = "93.184.216.34", "2606:4700::1111"
PICTURE = b"\x89PNG" + b"x" * 5000
Talk = Callable[[ssl.SSLSocket, bytes], None]


def certificate(folder: Path, *names: str) -> Path:
    """A file with a new key and a certificate for the names, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=365))
        .not_valid_after(now + dt.timedelta(days=3650))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(one) for one in names]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{names[0]}.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return file


class World:
    """The internet of one test: a server, and what names lead to."""

    def __init__(self, pem: Path) -> None:
        self.requests: list[bytes] = []
        self.asked: list[str] = []
        self.reached: list[str] = []
        self.names: dict[str, list[str]] = {HOST: [PUBLIC], "other.example": [OTHER]}
        self.talk: Talk = lambda wire, _request: wire.sendall(answer(PICTURE))
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(pem)
        self.door = socket.create_server(("127.0.0.1", 0))
        self.fetcher = fetching.Fetcher(
            resolve=self.resolve, connect=self.connect, context=ssl.create_default_context(cafile=str(pem))
        )
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def resolve(self, host: str) -> list[str]:
        self.asked.append(host)
        if host not in self.names:
            raise socket.gaierror("not known")
        return self.names[host]

    def connect(self, address: str, seconds: float) -> socket.socket:
        self.reached.append(address)
        return socket.create_connection(self.door.getsockname(), timeout=seconds)

    def serve(self) -> None:
        while True:
            try:
                plain, _address = self.door.accept()
            except OSError:
                return
            with suppress(OSError), plain, self.tls.wrap_socket(plain, server_side=True) as wire:
                wire.settimeout(5)
                request = wire.recv(10_000)
                self.requests.append(request)
                self.talk(wire, request)

    def fetch(self, into: Path, url: str = f"https://{HOST}/a.png", seconds: float = 5) -> fetching.Fetched:
        return self.fetcher.fetch(url, into, most_bytes=100_000, seconds=seconds)

    def refusal(self, into: Path, url: str = f"https://{HOST}/a.png", seconds: float = 5) -> str:
        begun = time.monotonic()
        with pytest.raises(MediaRefused) as caught:
            self.fetch(into, url, seconds)
        assert time.monotonic() - begun < seconds + 4  # generous: machines are busy
        assert not into.exists()
        assert len(caught.value.message) > 20 and "%(" not in caught.value.message
        return caught.value.code


def answer(body: bytes, *headers: str, status: str = "200 OK", length: int | None = None) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def says(*pieces: bytes, pause: float = 0.0) -> Talk:
    def talk(wire: ssl.SSLSocket, _request: bytes) -> None:
        for piece in pieces:
            wire.sendall(piece)
            time.sleep(pause)

    return talk


def redirect(where: str, status: str = "302 Found") -> Talk:
    return says(answer(b"", f"Location: {where}", status=status))
