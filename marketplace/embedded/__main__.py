"""The process of a keeper: `python marketplace/embedded keep postgres HOME`. manage.py starts it.

It runs by its path: importing `marketplace` would bring Django and Celery along, for a process that only waits.
"""

import sys
from pathlib import Path

# Last, so that no file beside this folder stands in for a module of Python.
sys.path.append(str(Path(__file__).resolve().parent.parent))

from embedded.keeper import keep  # type: ignore[import-not-found]

if len(sys.argv) != 4 or sys.argv[1] != "keep":
    sys.exit("This is started by manage.py; use `make demo`.")
keep(sys.argv[2], Path(sys.argv[3]))
