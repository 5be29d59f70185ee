"""Which addresses are opened at all: only names, only https, only what is public."""

import pytest

from tasks.media.addresses import is_public
from tasks.media.errors import MediaRefused
from tasks.media.fetching import read_address


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "193.0.14.129", "2606:4700::1111", "2a00:1450:4007::5"]
)
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        *("0.0.0.0", "0.1.2.3", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.9.9.9", "169.254.169.254"),
        *(
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
        ),
        *(
            "198.51.100.7",
            "203.0.113.7",
            "224.0.0.1",
            "239.1.1.1",
            "240.0.0.1",
            "255.255.255.255",
            "168.63.129.16",
        ),
        *("::", "::1", "::127.0.0.1", "::8.8.8.8", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::7f00:1"),
        *("64:ff9b:1::1", "100::1", "2001::1", "2001:2::1", "2001:db8::1", "2002:7f00:1::", "2002:808:808::"),
        *("3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1"),
        *("", "example.org", "127.1", "0x7f000001", "2606:4700::1111%1"),
    ],
)
def test_what_is_private_reserved_or_wrapped_is_not_public(address: str) -> None:
    assert not is_public(address)


def refusal(url: str) -> str:
    with pytest.raises(MediaRefused) as caught:
        read_address(url)
    assert len(caught.value.message) > 20 and "%(" not in caught.value.message
    return caught.value.code


@pytest.mark.parametrize(
    ("url", "host", "path"),
    [
        ("https://files.example/a.jpg", "files.example", "/a.jpg"),
        ("  https://FILES.example:443/a.jpg#part ", "files.example", "/a.jpg"),
        ("https://files.example./", "files.example", "/"),
        ("https://été.example/é.jpg", "xn--t-9fab.example", "/é.jpg"),
        ("https://127.0.0.1.files.example/", "127.0.0.1.files.example", "/"),
    ],
)
def test_an_ordinary_address_is_read(url: str, host: str, path: str) -> None:
    parts = read_address(url)
    assert (parts.netloc, parts.path, parts.fragment) == (host, path, "")


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://files.example/a.jpg", "not_https"),
        ("ftp://files.example/a.jpg", "not_https"),
        ("file:///etc/passwd", "not_https"),
        ("gopher://files.example/_", "not_https"),
        ("javascript:alert(1)", "not_https"),
        ("data:image/png;base64,AAAA", "not_https"),
        ("//files.example/a.jpg", "not_https"),
        ("files.example/a.jpg", "not_https"),
        ("https://files.example:8443/", "port"),
        ("https://files.example:80/", "port"),
        ("https://files.example:0/", "port"),
        ("https://files.example:99999/", "address"),
        ("https://user:pass@files.example/", "credentials"),
        ("https://@files.example/", "credentials"),
        ("https://files.example@127.0.0.1/", "credentials"),
        ("https://127.0.0.1/", "numeric_host"),
        ("https://127.1", "numeric_host"),
        ("https://2130706433/", "numeric_host"),
        ("https://0x7f000001", "numeric_host"),
        ("https://0x7f.0.0.0x1", "numeric_host"),
        ("https://0177.0.0.01/", "numeric_host"),
        ("https://127.0.0.1./", "numeric_host"),
        ("https://[::1]/", "numeric_host"),
        ("https://[::ffff:127.0.0.1]", "numeric_host"),
        ("https://１２７。0。0。1/", "numeric_host"),
        ("https://①②⑦.0.0.1/", "numeric_host"),
        ("https://localhost/", "address"),
        ("https://intranet/", "address"),
        ("https://files..example/", "address"),
        ("https://-files.example/", "address"),
        ("https://files%2eexample/", "address"),
        ("https://files.example\\@evil.example/", "address"),
        ("https://files.example/a\r\nHost: evil.example", "address"),
        ("https://files.example/a b", "address"),
        ("https://files.example\t/", "address"),
        ("https://[::1/", "address"),
        ("https:///a.jpg", "address"),
        ("https://", "address"),
        ("", "address"),
        ("https://" + "a" * 64 + ".example/", "address"),
        ("https://files.example/" + "a" * 2000, "address"),
    ],
)
def test_an_odd_address_is_refused_by_name(url: str, code: str) -> None:
    assert refusal(url) == code
