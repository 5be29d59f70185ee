"""The envelope of a backup: a line that says how it is sealed, then the content, encrypted piece by piece.

    TESSERA-BACKUP 1\\n
    {"cipher": "AES-256-GCM", "kdf": "scrypt", "n": 32768, "r": 8, "p": 1, "salt": "<hex>", "prefix": "<hex>"}\\n
    piece, piece, …, last piece

Each piece is four bytes of length (big-endian) and so many of ciphertext with its tag, made from at most 1 MiB. Its
nonce is the prefix (7 bytes), the piece's number (4 bytes) and 1 for the last piece, else 0: pieces that are cut off,
exchanged or changed do not open (the STREAM construction: Hoang, Reyhanitabar, Rogaway, Vizár, 2015). Both lines are
authenticated with every piece. The key comes from the passphrase by scrypt (RFC 7914). `{"cipher": "none"}` is plain.
"""

import io
import json
import secrets
import struct
from typing import IO, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

MAGIC = b"TESSERA-BACKUP 1\n"
PIECE = 1 << 20
_N, _R, _P = 1 << 15, 8, 1
_LONGEST_LINE = 4_096


class SealError(Exception):
    """The file is no backup, was cut off or changed, or the passphrase is another one. A sentence for a person."""


class Sealer(io.RawIOBase):
    """Writes the envelope into `out`; `close()` writes the last piece. An empty passphrase seals nothing."""

    def __init__(self, out: IO[bytes], passphrase: str) -> None:
        header: dict[str, Any] = {"cipher": "none"}
        self._out, self._buffer, self._number, self._key = out, bytearray(), 0, None
        if passphrase:
            salt, prefix = secrets.token_bytes(16), secrets.token_bytes(7)
            header = {"cipher": "AES-256-GCM", "kdf": "scrypt", "n": _N, "r": _R, "p": _P}
            header |= {"salt": salt.hex(), "prefix": prefix.hex()}
            self._key, self._prefix = _key(passphrase, header), prefix
        self._head = MAGIC + json.dumps(header).encode() + b"\n"
        out.write(self._head)

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        if self._key is None:
            self._out.write(data)
            return len(data)
        self._buffer += data
        while len(self._buffer) > PIECE:
            self._put(bytes(self._buffer[:PIECE]), last=False)
            del self._buffer[:PIECE]
        return len(data)

    def close(self) -> None:
        if not self.closed and self._key is not None:
            self._put(bytes(self._buffer), last=True)
        super().close()

    def _put(self, plain: bytes, *, last: bool) -> None:
        assert self._key is not None
        sealed = self._key.encrypt(_nonce(self._prefix, self._number, last), plain, self._head)
        self._out.write(struct.pack(">I", len(sealed)) + sealed)
        self._number += 1


class Opener(io.RawIOBase):
    """Reads the content of an envelope. Raises SealError for anything but exactly what was written."""

    def __init__(self, source: IO[bytes], passphrase: str) -> None:
        if source.read(len(MAGIC)) != MAGIC:
            raise SealError("This is no backup of Tessera, or one of a later version.")
        line = source.readline(_LONGEST_LINE)
        try:
            header = json.loads(line)
        except ValueError:
            raise SealError("The head of this backup can't be read.") from None
        self._source, self._head, self._rest = source, MAGIC + line, b""
        self._number, self._ended, self._key = 0, False, None
        if header.get("cipher") == "AES-256-GCM":
            if not passphrase:
                raise SealError("This backup is encrypted: set BACKUP_PASSPHRASE.")
            self._key, self._prefix = _key(passphrase, header), bytes.fromhex(header["prefix"])

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        if self._key is None:
            return self._source.readinto(target)  # type: ignore[attr-defined,no-any-return]
        while not self._rest and not self._ended:
            self._rest = self._get()
        count = min(len(target), len(self._rest))
        target[:count], self._rest = self._rest[:count], self._rest[count:]
        return count

    def _get(self) -> bytes:
        assert self._key is not None
        head = self._source.read(4)
        length = struct.unpack(">I", head)[0] if len(head) == 4 else 0
        if not 16 <= length <= PIECE + 16:
            raise SealError("This backup is cut off or damaged.")
        sealed = self._source.read(length)
        for last in (False, True):
            try:
                plain = self._key.decrypt(_nonce(self._prefix, self._number, last), sealed, self._head)
            except InvalidTag:
                continue
            self._number, self._ended = self._number + 1, last
            return plain
        raise SealError("This backup can't be opened: another passphrase, or the file was changed.")


def _key(passphrase: str, header: dict[str, Any]) -> AESGCM:
    if header["n"] > 1 << 20 or header["r"] > 32 or header["p"] > 4:
        raise SealError("The head of this backup asks for more memory than any of ours.")
    derive = Scrypt(
        salt=bytes.fromhex(header["salt"]), length=32, n=header["n"], r=header["r"], p=header["p"]
    )
    return AESGCM(derive.derive(passphrase.encode()))


def _nonce(prefix: bytes, number: int, last: bool) -> bytes:
    return prefix + struct.pack(">IB", number, last)
