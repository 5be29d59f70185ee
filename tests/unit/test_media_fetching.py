"""Fetching from a hostile server: nothing private is reached, nothing endless is waited for, nothing half is kept.

A real server with a certificate of its own stands on this machine. Names lead to addresses of the internet as the test
says, and what connects to one of those is led to the server; the checks between the two are the real ones.
"""

import datetime as dt
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
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


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate(tmp_path_factory.mktemp("tls"), HOST, "other.example")


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
        assert time.monotonic() - begun < seconds + 1
        assert not into.exists()
        assert len(caught.value.message) > 20 and "%(" not in caught.value.message
        return caught.value.code


@pytest.fixture
def world(pem: Path) -> Iterator[World]:
    made = World(pem)
    yield made
    made.door.shutdown(socket.SHUT_RDWR)
    made.door.close()
    made.thread.join(6)


@pytest.fixture
def into(tmp_path: Path) -> Path:
    return tmp_path / "fetched"


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


# What works.


def test_a_file_is_fetched_from_the_checked_address(world: World, into: Path) -> None:
    world.talk = says(answer(PICTURE, "Content-Type: image/png"))
    assert world.fetch(into) == fetching.Fetched(f"https://{HOST}/a.png", len(PICTURE), "image/png")
    assert into.read_bytes() == PICTURE
    assert (world.asked, world.reached) == ([HOST], [PUBLIC])


def test_the_request_carries_nothing_but_itself(world: World, into: Path) -> None:
    world.fetch(into, f"https://{HOST}/é a.png?q=ü&x=[1]".replace(" ", "%20"))
    request = world.requests[0].decode("ascii")
    assert request.startswith("GET /%C3%A9%20a.png?q=%C3%BC&x=[1] HTTP/1.1\r\n")
    assert f"\r\nHost: {HOST}\r\n" in request
    assert "\r\nAccept-Encoding: identity\r\n" in request
    assert not {"cookie", "authorization", "referer"} & {
        line.split(":")[0].lower() for line in request.split("\r\n")
    }


def test_chunks_and_bodies_without_length_are_read(world: World, into: Path) -> None:
    head = b"HTTP/1.1 200 OK\r\n"
    world.talk = says(head + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
    assert world.fetch(into).bytes == 5 and into.read_bytes() == b"abcde"
    world.talk = says(head + b"\r\nabc")
    assert world.fetch(into).bytes == 3


def test_a_second_address_is_tried_when_the_first_is_silent(world: World, into: Path) -> None:
    world.names[HOST] = [OTHER, PUBLIC]
    lead = world.fetcher.connect

    def connect(address: str, seconds: float) -> socket.socket:
        if address == OTHER:
            raise ConnectionRefusedError
        return lead(address, seconds)

    world.fetcher.connect = connect
    assert world.fetch(into).bytes == len(PICTURE)


def test_a_redirect_is_followed_to_a_host_of_its_own(world: World, into: Path) -> None:
    def talk(wire: ssl.SSLSocket, request: bytes) -> None:
        (says(answer(b"it")) if b"other.example" in request else redirect("//other.example/b"))(wire, request)

    world.talk = talk
    assert world.fetch(into).final_url == "https://other.example/b"
    assert world.reached == [PUBLIC, OTHER]


# Where it must not lead.


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "64:ff9b::7f00:1", "fd00::1"]
)
def test_a_name_of_a_private_address_is_refused_unconnected(world: World, into: Path, address: str) -> None:
    world.names[HOST] = [address]
    assert world.refusal(into) == "private"
    assert not world.reached


def test_one_private_address_among_public_ones_is_enough(world: World, into: Path) -> None:
    world.names[HOST] = [PUBLIC, OTHER, "192.168.1.1"]
    assert world.refusal(into) == "private"
    assert not world.reached


def test_a_name_that_changes_its_mind_is_asked_once(world: World, into: Path) -> None:
    answers = iter([[PUBLIC], ["127.0.0.1"], ["127.0.0.1"]])
    world.fetcher.resolve = lambda _host: next(answers)
    world.fetch(into)
    assert world.reached == [PUBLIC]
    assert next(answers) == ["127.0.0.1"]  # nobody asked a second time


@pytest.mark.parametrize(
    ("where", "code"),
    [
        ("https://inside.example/", "private"),
        ("https://127.0.0.1/", "numeric_host"),
        ("https://[::ffff:127.0.0.1]/", "numeric_host"),
        ("http://files.example/", "not_https"),
        ("https://files.example:8443/", "port"),
        ("https://a:b@files.example/", "credentials"),
        ("file:///etc/passwd", "not_https"),
        ("https://nowhere.example/", "no_such_host"),
        ("https://[::1/", "address"),
        ("", "bad_answer"),
    ],
)
def test_a_redirect_is_checked_like_an_address(world: World, into: Path, where: str, code: str) -> None:
    world.names["inside.example"] = ["127.0.0.1"]
    world.talk = redirect(where)
    assert world.refusal(into) == code
    assert world.reached == [PUBLIC]


def test_a_circle_of_redirects_ends(world: World, into: Path) -> None:
    world.talk = redirect(f"https://{HOST}/a.png", "308 Permanent Redirect")
    assert world.refusal(into) == "redirects"
    assert len(world.reached) == fetching.MOST_REDIRECTS + 1


def test_a_certificate_of_another_name_is_refused(world: World, into: Path) -> None:
    world.names["stranger.example"] = [PUBLIC]
    assert world.refusal(into, "https://stranger.example/") == "certificate"
    assert not world.requests


def test_a_certificate_nobody_vouches_for_is_refused(world: World, into: Path) -> None:
    world.fetcher.context = ssl.create_default_context()
    assert world.refusal(into) == "certificate"


def test_the_ways_outside_are_real_without_a_test() -> None:
    fetcher = fetching.Fetcher()
    assert fetcher.resolve is fetching.resolve and fetcher.connect is fetching.connect
    assert fetcher.context.verify_mode == ssl.CERT_REQUIRED and fetcher.context.check_hostname


def test_a_proxy_of_the_environment_is_not_used(
    world: World, into: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert world.fetch(into).bytes == len(PICTURE)


# What must not go on for ever.


def test_a_slow_drip_is_cut_off(world: World, into: Path) -> None:
    world.talk = says(answer(b"", length=1000), *[b"x"] * 200, pause=0.05)
    assert world.refusal(into, seconds=0.5) == "too_slow"


def test_slow_headers_are_cut_off(world: World, into: Path) -> None:
    world.talk = says(b"HTTP/1.1 200 OK\r\n", *[b"X-A: b\r\n"] * 90, pause=0.05)
    assert world.refusal(into, seconds=0.5) == "too_slow"


def test_a_silent_handshake_is_cut_off(world: World, into: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        world.fetcher.connect = lambda _address, seconds: socket.create_connection(
            silent.getsockname(), seconds
        )
        assert world.refusal(into, seconds=0.3) == "too_slow"


def test_a_resolver_that_does_not_answer_is_not_waited_for(world: World, into: Path) -> None:
    done = threading.Event()
    world.fetcher.resolve = lambda _host: [str(done.wait(3))]
    assert world.refusal(into, seconds=0.3) == "too_slow"
    done.set()


def test_a_length_that_is_too_much_is_refused_before_it_comes(world: World, into: Path) -> None:
    world.talk = says(answer(b"x", length=100_001))
    assert world.refusal(into) == "too_big"


def test_an_endless_body_is_cut_off(world: World, into: Path) -> None:
    world.talk = says(b"HTTP/1.1 200 OK\r\n\r\n", *[b"x" * 10_000] * 50)
    assert world.refusal(into) == "too_big"


def test_endless_chunks_are_cut_off(world: World, into: Path) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    world.talk = says(head, *[b"2710\r\n" + b"x" * 10_000 + b"\r\n"] * 50)
    assert world.refusal(into) == "too_big"


def test_a_length_that_promises_too_much_is_noticed(world: World, into: Path) -> None:
    world.talk = says(answer(b"x" * 10, length=500))
    assert world.refusal(into) == "cut_off"


def test_a_length_that_promises_too_little_ends_the_file(world: World, into: Path) -> None:
    world.talk = says(answer(b"x" * 5000, length=10))
    assert world.fetch(into).bytes == 10
    assert into.stat().st_size == 10


def test_a_chunk_that_breaks_off_is_noticed(world: World, into: Path) -> None:
    world.talk = says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nabc")
    assert world.refusal(into) == "cut_off"


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\n" + b"X-A: " + b"b" * 70_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 500 + b"\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 5000,
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"",
    ],
)
def test_a_head_that_is_endless_or_none_is_refused(world: World, into: Path, head: bytes) -> None:
    world.talk = says(head)
    assert world.refusal(into) == "bad_answer"


def test_a_packed_body_is_refused(world: World, into: Path) -> None:
    world.talk = says(answer(b"\x1f\x8b", "Content-Encoding: gzip"))
    assert world.refusal(into) == "encoding"


@pytest.mark.parametrize("status", ["404 Not Found", "206 Partial Content", "500 Oops", "204 No Content"])
def test_any_answer_but_the_file_is_refused(world: World, into: Path, status: str) -> None:
    world.talk = says(answer(b"", status=status))
    assert world.refusal(into) == "status"


def test_a_host_that_takes_no_connection_is_named(world: World, into: Path) -> None:
    def connect(_address: str, _seconds: float) -> socket.socket:
        raise ConnectionRefusedError

    world.fetcher.connect = connect
    assert world.refusal(into) == "no_answer"
