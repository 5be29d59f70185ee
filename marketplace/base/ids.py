"""Public ids: bigint inside, opaque prefixed strings outside (`bat_…`, `asg_…`, `wrk_…`).

A public id is the row's number put through a keyed permutation of 64 bits, so it needs no column, no
index and no look-up, says nothing about how many rows there are, and can't be guessed from another.
The permutation is a balanced Feistel network of four rounds with BLAKE2b as its round function
(Luby and Rackoff, 1988: four rounds make a strong pseudo-random permutation). The key is
`settings.ID_KEY`; the prefix (and, for a worker as seen by an organisation, the organisation's number)
goes into the key, so that the same number has unrelated ids in each place.
"""

import hashlib

from django.conf import settings

from .errors import NotFound

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u
VALUES = {letter: value for value, letter in enumerate(ALPHABET)}
LENGTH = 13  # 13 × 5 = 65 bits ≥ 64
HALF = 0xFFFFFFFF
ROUNDS = (b"1", b"2", b"3", b"4")


def encode(prefix: str, number: int, scope: int | None = None) -> str:
    """The public id of row `number` (0 ≤ number < 2**63), such as `bat_0k3…`.

    `scope` is the number of the organisation for which the id is made, where ids differ by reader.
    """
    left, right = number >> 32, number & HALF
    key = _key(prefix, scope)
    for label in ROUNDS:
        left, right = right, left ^ _round(key, label, right)
    value = (left << 32) | right
    return prefix + "_" + "".join(ALPHABET[(value >> shift) & 31] for shift in range(60, -1, -5))


def decode(prefix: str, public_id: str, scope: int | None = None) -> int:
    """The row number behind `public_id`.

    Raises NotFound for a string that is no id of this prefix: a malformed id looks like a missing row.
    """
    head, _, tail = public_id.partition("_")
    if head != prefix or len(tail) != LENGTH:
        raise NotFound
    value = 0
    for letter in tail:
        if letter not in VALUES:
            raise NotFound
        value = (value << 5) | VALUES[letter]
    left, right = value >> 32, value & HALF
    if left > HALF:
        raise NotFound
    key = _key(prefix, scope)
    for label in reversed(ROUNDS):
        left, right = right ^ _round(key, label, left), left
    number = (left << 32) | right
    if number >= 1 << 63:
        raise NotFound
    return number


def worker_seen_by(worker_id: int, organisation_id: int) -> str:
    """The pseudonym `wrk_…` of a worker, different for each organisation (DESIGN law 8)."""
    return encode("wrk", worker_id, organisation_id)


_keys: dict[tuple[str, int | None], bytes] = {}


def _key(prefix: str, scope: int | None) -> bytes:
    found = _keys.get((prefix, scope))
    if found is None:
        material = f"{prefix}:{'' if scope is None else scope}".encode()
        found = hashlib.blake2b(material, key=settings.ID_KEY.encode()[:64], digest_size=32).digest()
        if len(_keys) < 10_000:  # organisations are few; the bound only guards the memory
            _keys[(prefix, scope)] = found
    return found


def _round(key: bytes, label: bytes, half: int) -> int:
    return int.from_bytes(
        hashlib.blake2b(half.to_bytes(4, "big"), key=key, salt=label, digest_size=4).digest(), "big"
    )
