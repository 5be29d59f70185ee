"""The child that opens what strangers sent: `python -m tasks.media.clean FILE FOLDER`, started by making.py.

It gives up what it does not need before the first byte is read, and prints one JSON object: what it made, or why not.
"""

import json
import sys
from pathlib import Path
from typing import Any

from . import confined, kinds
from .errors import MediaRefused


def clean(path: Path, folder: Path) -> dict[str, Any]:
    """What was made of the file, as `Made` has it. Raises MediaRefused."""
    form = kinds.form_of(path)
    confined.limit(form.family)
    confined.wall_in(path, folder)
    # Each decoder is loaded only for what needs it, and after all that.
    if form.family == "picture":
        from . import pictures

        return _report("picture", pictures.make(path, folder))
    if form.family == "page":
        from . import pages

        return _report("page", pages.make(path, folder))
    kind = kinds.kind_of(path)
    if kind == "sound":
        from . import sounds

        return _report(kind, sounds.make(path, folder))
    from . import videos

    return _report(kind, videos.make(path, folder))


def _report(kind: str, made: dict[str, Any]) -> dict[str, Any]:
    return {
        "kind": kind,
        "files": made["sizes"],
        **{name: made.get(name, 0) for name in ("width", "height", "seconds", "pages")},
    }


def main() -> None:
    """Say it in JSON. A limit that was reached inside Python is a refusal; one outside ends the process."""
    try:
        report = clean(Path(sys.argv[1]), Path(sys.argv[2]))
    except MediaRefused as no:
        report = {"refused": no.code, "params": no.params}
    except MemoryError:
        report = {"refused": "too_heavy", "params": {}}
    sys.stdout.write(json.dumps(report))


if __name__ == "__main__":
    main()
