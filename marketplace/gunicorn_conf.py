"""How gunicorn serves: threads that keep their database connections, and figures shared by the workers.

BIND (127.0.0.1), PORT (8000), WEB_WORKERS (2) and WEB_THREADS (4) come from the environment.
"""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from prometheus_client import multiprocess

from marketplace import env

bind = f"{env.text('BIND', '127.0.0.1')}:{env.whole('PORT', 8000, least=1)}"
worker_class = "gthread"
workers = env.whole("WEB_WORKERS", 2, least=1)
threads = env.whole("WEB_THREADS", 4, least=1)
preload_app = True
timeout = 60
graceful_timeout = 15
keepalive = 5
errorlog = "-"
loglevel = "warning"
accesslog = None  # addresses carry tokens and ids; /metrics counts requests by name
control_socket_disable = True
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 (heartbeats only)

_figures = Path(
    os.environ.get("PROMETHEUS_MULTIPROC_DIR") or tempfile.gettempdir() + f"/tessera-metrics-{os.getpid()}"
)
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(_figures)  # before the application makes its first counter
shutil.rmtree(_figures, ignore_errors=True)
_figures.mkdir(mode=0o700, parents=True)


def child_exit(server: Any, worker: Any) -> None:
    """Forget the live figures of a worker that ended; its counters stay."""
    multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def on_exit(server: Any) -> None:
    shutil.rmtree(_figures, ignore_errors=True)
