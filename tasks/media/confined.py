"""What the child gives up before it opens what a stranger sent: memory, time, disk, programs, files and network.

A flaw in a decoder should find nothing worth having. The limits hold on every Linux; the walls (Landlock) where the
kernel has them, from 5.13 on for files and 6.7 on for TCP. Landlock needs no right and can't be taken back.
Structures and numbers: include/uapi/linux/landlock.h and prctl.h.
"""

import ctypes
import os
import resource
import signal
import struct
import sys
from pathlib import Path

MEMORY = 2 << 30  # bytes of addresses: a 40-megapixel picture needs a third of it
LARGEST_OUTPUT = 512 << 20  # bytes a file
OPEN_FILES = 64
# Seconds of processor time by family of files. A quarter of an hour of video at 1920 × 1080 takes some 460 of them.
PROCESSOR = {"picture": 60, "av": 800, "page": 120}

_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on all processors
_ONLY_VERSION, _PATH_BENEATH = 1, 1
_WRITE_FILE, _READ_FILE, _READ_DIR, _REMOVE_FILE, _MAKE_REG, _TRUNCATE = (
    1 << 1,
    1 << 2,
    1 << 3,
    1 << 5,
    1 << 8,
    1 << 14,
)
# The rights over files, and over TCP and signals, that each version of Landlock knows.
_FILES_BY_VERSION = {1: 13, 2: 14, 3: 15, 4: 15}
_ALL_FILES = 16
_TCP, _SCOPES = 0b11, 0b11
_SYSTEM = (
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "/etc/ld.so.cache",
    "/sys/devices/system/cpu",
)

_libc = ctypes.CDLL(None, use_errno=True)


def limit(family: str) -> None:
    """Take away memory, time, disk and core dumps, for good; go after the server in every queue; end when it ends."""
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, PROCESSOR[family]),
        (resource.RLIMIT_FSIZE, LARGEST_OUTPUT),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
    os.nice(5)
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def has_walls() -> bool:
    """Whether this kernel has Landlock."""
    return _version() >= 1


def _version() -> int:
    return int(_libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _ONLY_VERSION))


def wall_in(path: Path, folder: Path) -> None:
    """From now on read the one file and the installed programs, write the one folder, start and reach nothing.

    To be called before other threads are there. Does nothing where the kernel has no Landlock.
    """
    version = _version()
    if version < 1:
        return
    rights = (1 << _FILES_BY_VERSION.get(version, _ALL_FILES)) - 1
    attributes = struct.pack("=QQQ", rights, _TCP if version >= 4 else 0, _SCOPES if version >= 6 else 0)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    rules = _libc.syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(size), 0)
    if rules < 0:
        raise OSError(ctypes.get_errno(), "Landlock takes no rules")
    for place in _installed():
        _allow(rules, place, rights & (_READ_FILE | _READ_DIR))
    _allow(rules, path, _READ_FILE)
    _allow(
        rules, folder, rights & (_READ_FILE | _READ_DIR | _WRITE_FILE | _MAKE_REG | _REMOVE_FILE | _TRUNCATE)
    )
    _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if _libc.syscall(_RESTRICT_SELF, rules, 0):
        raise OSError(ctypes.get_errno(), "Landlock does not hold")
    os.close(rules)


def _installed() -> set[Path]:
    """Where Python and its libraries live: of this project itself only this package."""
    here = Path(__file__).resolve().parent
    project = here.parents[1]
    paths = {Path(place).resolve() for place in (*sys.path, sys.prefix, sys.base_prefix) if place} - {project}
    system = (
        Path(place)
        for place in ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache")
    )
    return {here, here.parent / "__init__.py", Path("/sys/devices/system/cpu"), *paths, *system}


def _allow(rules: int, place: Path, rights: int) -> None:
    try:
        handle = os.open(place, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    if not place.is_dir():
        rights &= _READ_FILE | _WRITE_FILE | _TRUNCATE
    _libc.syscall(_ADD_RULE, rules, _PATH_BENEATH, struct.pack("=Qi", rights, handle), 0)
    os.close(handle)
