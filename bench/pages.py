"""Task pages as a phone on 3G gets them: bytes, and seconds until one can answer, with nothing kept from before.

For each kind: the page of a task of its example rows in headless Chromium, 360 px wide, the line slowed to
1.6 Mbit/s down, 768 kbit/s up and 300 ms there and back (what WebPageTest calls 3G), the processor to a quarter.
Bytes are those on the wire, compressed; media (pictures, sound, video) are counted apart. Ready means that every
part of the form has been drawn and the buttons work. Needs Chromium; not part of `make bench`, since it takes
minutes: `python -m bench pages`. `docs/page-weights.md` holds what it wrote last.
"""

import shutil
from typing import Any

from bench import ground, http

LINE = {"offline": False, "latency": 300, "downloadThroughput": 200_000, "uploadThroughput": 96_000}
SLOWER = 4  # times, the processor
MEDIA = {"Image", "Media"}
READY = """
!!document.querySelector('#answer button[name=then]')
&& [...document.querySelectorAll('#task [data-widget]')].every((each) => 'ready' in each.dataset)
&& window.htmx !== undefined
"""


def run(*, seconds: float, known: dict[str, float]) -> dict[str, float]:
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    from tasks import kinds

    call_command("collectstatic", verbosity=0, interactive=False)
    worker = ground.workers(1, "pages")[0]
    people = {kind.key: http._log_in(worker, _batch(kind)) for kind in kinds.all_kinds()}
    connection.close()
    with http._server(settings.PORT):
        found = {key: _measure(settings.PORT, person) for key, person in people.items()}
    rows = [
        (key, f"{page / 1000:.1f}", f"{media / 1000:.1f}", f"{drawn:.1f}", f"{ready:.1f}")
        for key, (page, media, drawn, ready) in sorted(found.items())
    ]
    ground.table(("kind", "page kB", "media kB", "first paint s", "ready s"), rows)
    heaviest = max(page for page, *_rest in found.values())
    slowest = max(ready for *_rest, ready in found.values())
    return {"page_kb_heaviest": heaviest / 1000, "page_ready_slowest_s": slowest}


def _batch(kind: Any) -> Any:
    """A published batch of a kind with its example rows."""
    from tasks.models import Batch, Task
    from tasks.services import batches, media, media_work

    organisation, user = ground.owner()
    batch = batches.create_draft(
        organisation=organisation, actor=user, title=str(kind.title), purpose="A benchmark.", kind=kind.key,
        instructions=kind.words(), form=kind.form(), reward_micros=5_000_000, estimated_seconds=kind.seconds,
        overlap=1, time_limit_seconds=3600, distress=[],
    )  # fmt: skip
    rows = kind.example_rows()
    Task.objects.bulk_create(
        Task(
            batch=batch, row_number=number, key=number, overlap=1, open_slots=1, is_open=False, data=dict(row)
        )
        for number, row in enumerate(rows, 1)
    )
    Batch.objects.filter(pk=batch.pk).update(columns=list(rows[0]) if rows else [])
    batch.refresh_from_db()
    media.collect(batch.pk)
    media_work.work()
    return batches.publish(batch=batch, actor=user)


def _measure(port: int, person: http.Person) -> tuple[int, int, float, float]:
    """(bytes of the page, bytes of its media, seconds to the first paint, seconds until it is ready)."""
    from playwright.sync_api import sync_playwright

    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program or playwright.chromium.executable_path,
            args=["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        base = f"http://127.0.0.1:{port}"
        context = browser.new_context(viewport={"width": 360, "height": 740}, service_workers="block")
        for pair in person.cookie.split("; "):
            name, _, value = pair.partition("=")
            context.add_cookies([{"name": name, "value": value, "url": base}])
        page = context.new_page()
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        session.send("Network.emulateNetworkConditions", LINE)
        session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        sorts: dict[str, str] = {}
        sizes = {"page": 0, "media": 0}

        def came(event: Any) -> None:
            sorts[event["requestId"]] = event["type"]

        def ended(event: Any) -> None:
            sort = "media" if sorts.get(event["requestId"]) in MEDIA else "page"
            sizes[sort] += event["encodedDataLength"]

        session.on("Network.responseReceived", came)
        session.on("Network.loadingFinished", ended)
        page.goto(base + person.url, wait_until="commit", timeout=60_000)
        page.wait_for_selector("#answer", state="attached", timeout=60_000)
        while not page.evaluate(READY):  # wait_for_function would need eval, which the page forbids
            page.wait_for_timeout(20)
        ready = page.evaluate("performance.now() / 1000")
        page.wait_for_load_state("load", timeout=60_000)
        drawn = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime / 1000")
        page.wait_for_timeout(500)
        browser.close()
    return sizes["page"], sizes["media"], drawn, ready
