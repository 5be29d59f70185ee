"""What a person takes along, read back."""

import io
import json
import zipfile
from typing import Any


def raw(user: Any) -> str:
    """data.json as text."""
    from marketplace.mydata import exporting

    return "".join(exporting.written(user))


def of(user: Any) -> dict[str, Any]:
    """data.json of a person."""
    found: dict[str, Any] = json.loads(raw(user))
    return found


def zipped(user: Any) -> io.BytesIO:
    """The whole file."""
    from marketplace.mydata import exporting

    out = io.BytesIO()
    exporting.write(user, out)
    out.seek(0)
    return out


def changed(source: io.BytesIO, name: str, content: bytes | None) -> io.BytesIO:
    """The same ZIP with one file replaced, added, or (None) left out."""
    out = io.BytesIO()
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(out, "w") as new:
        for each in old.namelist():
            if each != name:
                new.writestr(each, old.read(each))
        if content is not None:
            new.writestr(name, content)
    out.seek(0)
    source.seek(0)
    return out
