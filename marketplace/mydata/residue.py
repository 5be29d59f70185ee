"""Looking for a text in everything that is kept: each text and JSON column of each table, and the names and bytes of
the media. For the operator who must know where somebody is still named, and for the tests of erasure."""

import io
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

_COLUMNS = """
SELECT table_name, column_name, data_type FROM information_schema.columns
WHERE table_schema = 'public' AND data_type IN
    ('text', 'character varying', 'character', 'json', 'jsonb', 'ARRAY', 'bytea', 'date', 'USER-DEFINED', 'inet')
ORDER BY 1, 2
"""


def in_database(texts: Iterable[str]) -> dict[str, int]:
    """`table.column`: in how many rows one of the texts stands, whatever its case. Columns without any are left out."""
    wanted = [text for text in texts if text]
    found = {}
    with connection.cursor() as cursor:
        cursor.execute(_COLUMNS)
        for table, column, kind in cursor.fetchall():
            if kind == "bytea":  # bytes have no case: as it is written, and in capitals
                asked: list[Any] = [each.encode() for text in wanted for each in (text, text.upper())]
                one = f'position(%s::bytea in "{column}") > 0'
            else:
                asked, one = list(wanted), f'strpos(lower("{column}"::text), lower(%s)) > 0'
            test = " OR ".join([one] * len(asked))
            cursor.execute(f'SELECT count(*) FROM "{table}" WHERE {test}', asked)  # noqa: S608 - names of our schema
            count = cursor.fetchone()[0]
            if count:
                found[f"{table}.{column}"] = count
    return found


def in_media(texts: Iterable[str]) -> list[str]:
    """The files below MEDIA_ROOT that name one of the texts, in their name, their bytes, or inside a ZIP."""
    wanted = [text.encode() for text in texts if text]
    root = Path(settings.MEDIA_ROOT)
    paths = [path for path in sorted(root.rglob("*")) if path.is_file()] if root.exists() else []
    return [
        str(path.relative_to(root))
        for path in paths
        if any(_has(each, wanted) for each in _pieces(path, root))
    ]


def _pieces(path: Path, root: Path) -> Iterator[bytes]:
    yield str(path.relative_to(root)).encode()
    content = path.read_bytes()
    yield content
    if zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                yield name.encode() + archive.read(name)


def _has(content: bytes, wanted: list[bytes]) -> bool:
    low = content.lower()
    return any(text.lower() in low for text in wanted)
