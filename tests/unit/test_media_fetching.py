"""Fetching from a hostile server: nothing private is reached, nothing endless is waited for, nothing half is kept."""

import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.media import fetching
from tests.media_server import HOST, OTHER, PICTURE, PUBLIC, World, answer, certificate, redirect, says


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate(tmp_path_factory.mktemp("tls"), HOST, "other.example")


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
    world.talk = says(b"HTTP/1.1 200 OK\r\n", *[b"X-A: b\r\n"] * 90, pause=0.1)
    assert world.refusal(into, seconds=0.5) == "too_slow"


def test_a_silent_handshake_is_cut_off(world: World, into: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        world.fetcher.connect = lambda _address, seconds: socket.create_connection(
            silent.getsockname(), seconds
        )
        assert world.refusal(into, seconds=0.3) == "too_slow"


def test_a_resolver_that_does_not_answer_is_not_waited_for(world: World, into: Path) -> None:
    done = threading.Event()
    world.fetcher.resolve = lambda _host: [str(done.wait(20))]
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
