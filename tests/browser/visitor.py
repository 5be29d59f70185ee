"""One person at one browser: logs in as people do, and notes whatever the browser complained about."""

import base64
import hashlib
import hmac
import struct
import time
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Page, Response

from tests.browser.world import World

PATIENCE = (
    30_000  # ms: how long a page may take on a machine that does other things too; no test waits for its end
)

# Layout shifts count from the first paint, those in the half second after a key or a click do not.
NOTE_SHIFTS = """
window.shifted = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    if (entry.hadRecentInput) continue;
    const what = entry.sources.map((each) => each.node?.outerHTML?.slice(0, 90) ?? each.node?.nodeName).join(" + ");
    window.shifted.push([entry.value, what]);
  }
}).observe({ type: "layout-shift", buffered: true });
"""


def free_hands(page: Page) -> None:
    """Give back what the person has in hand: only a few tasks at a time may be held."""
    page.goto("/work/")
    forms = page.locator("form[action$='/release/'] button")
    while forms.count():
        forms.first.click()
        page.wait_for_url("**/work/")


def one_time_code(secret: str) -> str:
    """The six digits an authenticator shows now (RFC 6238)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    place = digest[-1] & 15
    number = struct.unpack(">I", digest[place : place + 4])[0] & 0x7FFFFFFF
    return f"{number % 10**6:06d}"


class Visitor:
    """A browser context with a page. `trouble` holds console complaints and failed requests."""

    def __init__(
        self,
        world: World,
        browser: Browser,
        persona: str,
        known: dict[str, Any],
        *,
        width: int = 1280,
        theme: str = "light",
        language: str = "en",
        scripts: bool = True,
    ) -> None:
        self.world, self.persona = world, persona
        self.trouble: list[str] = []
        self.context = browser.new_context(
            base_url=world.url,
            viewport={"width": width, "height": 900},
            color_scheme=theme,
            locale=language,
            java_script_enabled=scripts,
            storage_state=known.get(persona),
        )
        self.context.set_default_timeout(PATIENCE)
        if scripts:
            self.context.add_init_script(NOTE_SHIFTS)
        self.page: Page = self.context.new_page()
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.trouble.append(f"{self.page.url}: {error}"))
        self.page.on("response", self._response)
        if persona and persona not in known:
            self.log_in()
            known[persona] = self.context.storage_state()

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.trouble.append(f"{self.page.url}: {message.type}: {message.text}")

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self.trouble.append(f"{response.request.method} {response.url}: {response.status}")

    def log_in(self) -> None:
        who = self.world.people[self.persona]
        self.page.goto("/accounts/login/")
        self.page.fill("[name=login]", who["email"])
        self.page.fill("[name=password]", who["password"])
        self.page.click("main form button")
        if "totp_secret" in who:
            self.page.fill("[name=code]", one_time_code(who["totp_secret"]))
            self.page.click("main form button")
        self.page.wait_for_url(lambda url: "/accounts/" not in url)

    def go(self, path: str) -> Page:
        self.page.goto(path)
        return self.page

    def use(self, width: int, theme: str) -> Page:
        """Another device for the same person: a window of another width, in another theme."""
        self.page.set_viewport_size({"width": width, "height": 900})
        self.page.emulate_media(color_scheme=theme)
        return self.page

    def forgive(self, *signs: str) -> None:
        """Take back complaints that were provoked on purpose: those that hold all the signs."""
        kept = [line for line in self.trouble if not all(sign in line for sign in signs)]
        assert kept != self.trouble, f"nothing to forgive in {self.trouble}"
        self.trouble[:] = kept

    def overflow(self) -> int:
        """Pixels by which the page is wider than its window."""
        return int(
            self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        )

    def shifts(self) -> tuple[float, str]:
        """How much moved by itself while the page came, and what."""
        seen = self.page.evaluate("window.shifted")
        return sum(value for value, _what in seen), "; ".join(what for _value, what in seen)

    def had_no_trouble(self) -> None:
        assert not self.trouble, "the browser complained:\n" + "\n".join(self.trouble)

    def close(self) -> None:
        self.context.close()
