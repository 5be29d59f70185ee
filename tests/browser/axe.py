"""axe-core, which looks at a page as assistive technology meets it."""

from typing import Any

from playwright.sync_api import Page

from tests.browser.world import ROOT

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(page: Page, only: dict[str, Any]) -> list[str]:
    # To read style sheets in a shadow tree, such as a wave's, axe would write them into a page: the policy forbids it.
    options = {"runOnly": only, "resultTypes": ["violations"], "preload": False}
    found = page.evaluate("options => axe.run(document, options)", options)
    return [
        f"{each['impact']}: {each['id']} at {'; '.join(str(node['target'][0]) for node in each['nodes'][:3])}"
        for each in found["violations"]
    ]
