"""The whole way, through the child: what comes out, what is refused, and what a broken child can't do."""

import json
import os
import socket
import subprocess
import sys
import textwrap
import time
import wave
from pathlib import Path

import pytest
from PIL import Image

from tasks.media import making
from tasks.media.errors import MediaRefused
from tasks.media.making import Made, make


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "made"
    made.mkdir()
    return made


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    file = tmp_path / "réponse «1».exe"
    exif = Image.Exif()
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 51.0, 24.0)})
    Image.new("RGB", (400, 300), "red").save(file, "JPEG", exif=exif)
    return file


def refusal(path: Path, folder: Path, seconds: float = 60) -> str:
    with pytest.raises(MediaRefused) as caught:
        make(path, folder, seconds=seconds)
    assert "%(" not in caught.value.message
    return caught.value.code


def test_a_picture_goes_all_the_way(photo: Path, folder: Path) -> None:
    made = make(photo, folder)
    files = {"thumb": "thumb.webp", "page": "page.webp", "full": "full.webp"}
    assert made == Made("picture", files, width=400, height=300)
    assert sorted(os.listdir(folder)) == sorted(files.values())
    assert not dict(Image.open(folder / "full.webp").getexif())


def test_a_sound_goes_all_the_way(tmp_path: Path, folder: Path) -> None:
    with wave.open(str(tmp_path / "a"), "wb") as out:
        out.setparams((1, 2, 8000, 0, "NONE", ""))
        out.writeframes(bytes(16_000))
    made = make(tmp_path / "a", folder)
    assert (made.kind, set(made.files)) == ("sound", {"full", "peaks"})
    assert made.seconds == pytest.approx(1, abs=0.15)


def test_a_document_goes_all_the_way(tmp_path: Path, folder: Path) -> None:
    Image.new("RGB", (60, 80), "white").save(tmp_path / "a", "PDF", save_all=True)
    made = make(tmp_path / "a", folder)
    assert (made.kind, made.pages, set(made.files)) == ("page", 1, {"p1", "thumb"})


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"<svg onload='alert(1)'/>", "svg"),
        (b"MZ" + bytes(500), "program"),
        (b"\xff\xd8\xff" + bytes(500), "broken_picture"),
        (b"ID3" + bytes(500), "broken_sound"),
        (b"%PDF-" + bytes(500), "broken_page"),
        (b"#EXTM3U\nhttps://inside.example/\n", "text"),
    ],
)
def test_what_the_child_refuses_is_refused_here_by_the_same_name(
    tmp_path: Path, folder: Path, data: bytes, code: str
) -> None:
    (tmp_path / "photo.jpg").write_bytes(data)
    assert refusal(tmp_path / "photo.jpg", folder) == code


def test_values_of_a_refusal_cross_over(tmp_path: Path, folder: Path) -> None:
    Image.new("1", (8000, 8000)).save(tmp_path / "a", "PNG")
    with pytest.raises(MediaRefused, match="too_many_pixels") as caught:
        make(tmp_path / "a", folder)
    assert "64 megapixels" in caught.value.message


def test_a_child_that_takes_too_long_is_ended(
    photo: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = time.monotonic()
    assert refusal(photo, folder, seconds=0.01) == "too_heavy"
    assert time.monotonic() - begun < 5


def child(code: str, *args: str) -> "subprocess.CompletedProcess[str]":
    """Run a program as the child would be, with the project in its path."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), *args],
        cwd=making.ROOT, capture_output=True, text=True, timeout=30,
    )  # fmt: skip


def test_memory_time_and_files_have_limits() -> None:
    said = child("""
        import resource
        from tasks.media import confined
        confined.limit("picture")
        for name in ("AS", "CPU", "FSIZE", "NOFILE", "CORE"):
            print(resource.getrlimit(getattr(resource, "RLIMIT_" + name)))
        try:
            bytearray(confined.MEMORY)
        except MemoryError:
            print("no")
        """)
    picture = (2 << 30, 60, 512 << 20, 64, 0)
    assert said.stdout.split("\n")[:-1] == [*(str((most, most)) for most in picture), "no"]


def test_a_child_over_its_time_dies_and_the_file_is_refused() -> None:
    said = child("""
        from tasks.media import confined
        confined.PROCESSOR["picture"] = 1
        confined.limit("picture")
        while True:
            pass
        """)
    assert said.returncode < 0
    with pytest.raises(MediaRefused, match="too_heavy"):
        making._read(said.returncode, b"", Path())


def test_the_child_sees_no_other_file_no_network_and_no_program(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "sent").write_text("sent")
    with socket.create_server(("127.0.0.1", 0)) as door:
        said = child(
            """
            import json, os, socket, subprocess, sys
            from pathlib import Path
            from tasks.media import confined
            sent, folder, port = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
            if not confined.has_walls():
                sys.exit(3)
            confined.wall_in(sent, folder)
            seen = {}
            for name, act in {
                "its file": lambda: sent.read_text(),
                "its folder": lambda: (folder / "a").write_text("a"),
                "a module": lambda: __import__("PIL.Image"),
                "passwords": lambda: open("/etc/passwd"),
                "settings": lambda: open("marketplace/settings/place.py"),
                "neighbours": lambda: os.listdir(folder.parent),
                "write its file": lambda: sent.open("w"),
                "write beside": lambda: (folder.parent / "b").write_text("b"),
                "link": lambda: (folder / "c").symlink_to("/etc/passwd"),
                "parent": lambda: open(f"/proc/{os.getppid()}/environ"),
                "network": lambda: socket.create_connection(("127.0.0.1", port), 1),
                "program": lambda: subprocess.run(["/bin/true"]),
            }.items():
                try:
                    act()
                    seen[name] = True
                except OSError:
                    seen[name] = False
            print(json.dumps(seen))
            """,
            str(tmp_path / "sent"), str(folder), str(door.getsockname()[1]),
        )  # fmt: skip
    if said.returncode == 3:
        pytest.skip("this kernel has no Landlock")
    seen = json.loads(said.stdout)
    assert {name for name, could in seen.items() if could} == {"its file", "its folder", "a module"}


def test_a_decoder_runs_only_within_limits_and_walls(photo: Path, folder: Path) -> None:
    """In place of the reader of pictures stands one that looks around."""
    said = child(
        """
        import json, resource, sys, types
        from pathlib import Path
        import tasks.media

        def make(path, folder):
            try:
                walled = not open("/etc/passwd")
            except PermissionError:
                walled = True
            return {"sizes": {}, "width": resource.getrlimit(resource.RLIMIT_AS)[0], "height": int(walled)}

        reader = types.ModuleType("tasks.media.pictures")
        reader.make = make
        sys.modules["tasks.media.pictures"] = tasks.media.pictures = reader
        from tasks.media import clean, confined
        found = clean.clean(Path(sys.argv[1]), Path(sys.argv[2]))
        print(found["width"], found["height"], int(confined.has_walls()))
        """,
        str(photo), str(folder),
    )  # fmt: skip
    memory, walled, has_walls = map(int, said.stdout.split())
    assert (memory, walled) == (2 << 30, has_walls)


def test_the_child_knows_no_secret(
    photo: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Instead of Python a script stands in that says what it was given."""
    stand_in = tmp_path / "python"
    stand_in.write_text(f"#!/bin/sh\nenv > {tmp_path}/env\nls /proc/self/fd > {tmp_path}/handles\n")
    stand_in.chmod(0o755)
    monkeypatch.setenv("SECRET_KEY", "very secret")
    monkeypatch.setattr(sys, "executable", str(stand_in))
    assert refusal(photo, folder) == "unreadable"
    names = {line.split("=")[0] for line in (tmp_path / "env").read_text().splitlines()}
    assert names - {"PWD", "SHLVL", "_", "OLDPWD"} == {"LANG", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"}


GOOD = {"kind": "picture", "files": {"full": "full.webp"}, "width": 1, "height": 1, "seconds": 0, "pages": 0}


@pytest.mark.parametrize(
    "changed",
    [
        {"kind": "program"},
        {"files": {}},
        {"files": {"full": "../../etc/passwd"}},
        {"files": {"full": "link.webp"}},
        {"files": {"full": "page.html"}},
        {"files": {"full": "missing.webp"}},
        {"files": ["full.webp"]},
        {"width": "wide"},
        {"width": float("inf")},
        {"width": -1},
        {"seconds": None},
        {"seconds": float("nan")},
        {"files": {"../x": "full.webp"}},
        {"refused": "never_heard_of", "params": {}},
        {"refused": "status", "params": {"host": ["a"]}},
        {"refused": "status", "params": {"host": "a"}},
        {"refused": "status"},
    ],
)
def test_what_a_captured_child_says_is_not_believed(folder: Path, changed: dict[str, object]) -> None:
    (folder / "full.webp").write_bytes(b"a")
    (folder / "page.html").write_bytes(b"a")
    (folder / "link.webp").symlink_to("/etc/passwd")
    assert making._read(0, json.dumps(GOOD).encode(), folder).width == 1
    with pytest.raises(MediaRefused, match="unreadable"):
        making._read(0, json.dumps(GOOD | changed).encode(), folder)


@pytest.mark.parametrize("said", [b"", b"[]", b"null", b"{", b'"a"', b"\xff", b"[" * 100_000])
def test_a_report_that_is_none_is_refused(folder: Path, said: bytes) -> None:
    with pytest.raises(MediaRefused, match="unreadable"):
        making._read(0, said, folder)


def test_a_child_that_crashed_refuses_the_file(folder: Path) -> None:
    with pytest.raises(MediaRefused, match="unreadable"):
        making._read(-11, json.dumps(GOOD).encode(), folder)
