"""The fake as a process: `python -m tests.contract.stripe.server --port 4242 --storage /tmp/stripe.sqlite`."""

import argparse
import json
import os
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from . import control, deliveries, document, pages
from .api import Answer, Api, Request
from .refusals import Refused
from .store import Store

KEY = "sk_test_tessera_fake"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "Server"

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def log_message(self, format: str, *values: Any) -> None:
        """Nothing: what happened is read from the control plane."""

    def _serve(self) -> None:
        text = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        url = urlsplit(self.path)
        try:
            answer = self._choose(url.path, url.query, text)
        except Exception as error:
            # A fault of the fake itself: said loudly, and found by the fixture at the end of the test.
            self.server.api.problems.append(f"{self.command} {url.path}: {error!r}")
            sys.excepthook(*sys.exc_info())
            answer = Answer(500, {"error": {"type": "api_error", "message": f"The fake broke: {error!r}"}})
        if answer.dropped:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self._write(answer)

    def _choose(self, path: str, query: str, text: str) -> Answer:
        api = self.server.api
        if path.startswith("/v1/"):
            return api.answer(Request(self.command, path, query, text, dict(self.headers.items())))
        if path.startswith("/control/"):
            return self._control(api, path.removeprefix("/control/"), query, text)
        if path.startswith(("/pay/", "/connect/", "/instructions/")):
            return pages.serve(api, self.command, path, text)
        return Answer(404, {"error": {"type": "invalid_request_error", "message": "Nothing is here."}})

    def _control(self, api: Api, name: str, query: str, text: str) -> Answer:
        try:
            if self.command == "GET":
                return Answer(200, control.look(api, name, dict(parse_qsl(query))))
            return Answer(200, control.run(api, name, json.loads(text or "{}")))
        except Refused as refusal:
            return Answer(refusal.status, refusal.body)
        except (KeyError, TypeError, ValueError) as error:
            return Answer(400, {"error": {"type": "control", "message": f"{name}: {error!r}"}})

    def _write(self, answer: Answer) -> None:
        headers = {"Content-Type": "application/json", **answer.headers}
        is_text = headers["Content-Type"].startswith("text/")
        body = (answer.body if is_text else json.dumps(answer.body)).encode()
        self.send_response(answer.status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, *, port: int, storage: Path, key: str = KEY) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        base = f"http://127.0.0.1:{self.server_address[1]}"
        self.api = Api(Store(storage), key=key, base=base)
        self.api.postman.start()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that went away in the middle is what these tests are about."""


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(0)


def main() -> None:
    parser = argparse.ArgumentParser(prog="tests.contract.stripe.server", description=__doc__)
    parser.add_argument("--port", type=int, default=4242, help="0 takes a free one and prints it")
    parser.add_argument("--storage", type=Path, default=Path("stripe-fake.sqlite"))
    parser.add_argument("--key", default=KEY, help="the secret key that is accepted")
    parser.add_argument("--webhook", default="", help="address for events of the platform")
    parser.add_argument("--connect-webhook", default="", help="address for events of connected accounts")
    parser.add_argument(
        "--with-parent", action="store_true", help="end when the process that started it has ended"
    )
    given = parser.parse_args()
    if given.with_parent:
        threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    document.whole()
    server = Server(port=given.port, storage=given.storage, key=given.key)
    if given.webhook:
        connect = given.connect_webhook or given.webhook
        deliveries.configure(server.api.store, platform_url=given.webhook, connect_url=connect)
    sys.stdout.write(f"ready {server.server_address[1]}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
