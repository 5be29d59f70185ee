"""A stand-in for the EU's register of VAT numbers, on this machine: answers as told, and remembers what was asked."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Register:
    """`answers` are given in turn, the last one for ever: a dict (JSON), an int (bare status), "slow" or "rubbish"."""

    def __init__(self) -> None:
        self.answers: list[Any] = []
        self.asked: list[dict[str, Any]] = []
        self.address = ""

    def next(self) -> Any:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def running() -> Iterator[Register]:
    """The register on a free port."""
    register = Register()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            register.asked.append({"path": self.path, **json.loads(body)})
            answer = register.next()
            if answer == "slow":
                time.sleep(1.5)
                answer = {"valid": True}
            status = (
                answer
                if isinstance(answer, int)
                else answer.get("status", 200)
                if isinstance(answer, dict)
                else 200
            )
            content = (
                b"<html>"
                if answer == "rubbish"
                else json.dumps(answer if isinstance(answer, dict) else {}).encode()
            )
            try:
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
            except OSError:
                pass  # who asked has given up

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    register.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield register
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
