"""Steps of the tour that more than one test goes: a batch is made and published, and worked on."""

import re

from playwright.sync_api import Page, expect

from tests.browser.visitor import free_hands

TITLE = "What do people say of the chair?"
ROWS = """shop,text
12,It stands well and looks better.
13,{long}
14,The back came loose in a week.
15,A chair.
16,We bought four.
17,Fine.
""".format(long="Very comfortable! " * 6_000)


def button(page: Page, name: str) -> None:
    page.get_by_role("button", name=re.compile(name)).first.click()


def make_a_batch(page: Page) -> str:
    """Kind, file with one bad row, price beside its live quote, review, publish; the batch's address."""
    page.goto("/batches/new/")
    page.locator("button[name=kind][value=classify_text]").click()
    page.wait_for_url("**/what/")
    page.fill("[name=title]", TITLE)
    page.fill("[name=purpose]", "To build a better one.")
    page.locator("#what-form .actions button").last.click()
    page.wait_for_url("**/data/")
    upload = {"name": "chairs.csv", "mimeType": "text/csv", "buffer": ROWS.encode()}
    page.set_input_files("input[type=file]", upload)
    button(page, "Send the rows")
    page.wait_for_url("**/imports/**")
    wrong = page.locator("#import tbody tr")
    expect(wrong).to_have_count(1, timeout=20_000)
    expect(wrong.locator("td").nth(0)).to_have_text("2")
    expect(wrong.locator("td").nth(1)).to_have_text("text")
    expect(wrong.locator("td").nth(2)).to_contain_text("characters; at most")
    button(page, "Go on with 5 rows")
    expect(page.locator("#import")).to_contain_text("5 rows are in the batch", timeout=20_000)
    page.get_by_role("link", name="Go on to the price").click()
    return _price_and_publish(page)


def _price_and_publish(page: Page) -> str:
    page.wait_for_url("**/price/")
    page.fill("[name=reward]", "0.25")
    page.fill("[name=estimated_seconds]", "30")
    expect(page.locator("#quote")).to_contain_text("€30.00")  # an hour at that price and pace
    page.fill("[name=overlap]", "1")
    expect(page.locator("#quote")).to_contain_text("€1.25")  # five rewards
    page.locator("#price-form .actions button:not([name])").click()
    page.wait_for_url("**/review/")
    expect(page.locator("main")).to_contain_text(TITLE)
    button(page, "aside and publish")
    page.wait_for_url(re.compile(r"/batches/bat_\w+/$"))
    expect(page.locator("main h1")).to_contain_text(TITLE)
    return page.url


def work(page: Page, batch: str) -> str:
    """Two answers by keyboard alone, a third that stops; the address of the first answer in the history."""
    free_hands(page)
    page.goto("/work/")
    page.locator(f"main a.button[href='/work/batches/{batch.split('/')[-2]}/']").click()
    page.wait_for_url("**/work/batches/bat_*/")  # an Enter sooner would press the link again
    page.keyboard.press("Enter")  # printed on the button: Start
    page.wait_for_url("**/work/assignments/**")
    for key in "12":
        before = page.url
        page.keyboard.press(key)
        expect(page.locator("#answer input:checked")).to_have_count(1)
        page.keyboard.press("Enter")
        expect(page.locator("#answer input:checked")).to_have_count(0)
        page.wait_for_url(lambda url, before=before: url != before)
    page.keyboard.press("3")
    button(page, "Submit and stop")
    page.wait_for_url("**/done/")
    page.goto("/work/history/")
    page.locator("main a[href*='/work/history/asg_']").filter(has_text=TITLE).first.click()
    page.wait_for_url("**/work/history/asg_*/")
    return page.url
