import re
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any
from urllib.parse import quote, urlsplit

from django.utils.crypto import constant_time_compare
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tasks import placeholders

from .base import Drawing, Widget
from .settings import Setting, Wrong
from .shown.link import https
from .text import Text

WHO = ("worker", "assignment")  # what the address may name beside columns: `Row.who`
LEAST, MOST = 6, 100  # characters of a code that is listed; fewer could be guessed
# Sites that are nobody's: set aside for examples and tests (RFC 2606, RFC 6761).
NOBODYS = re.compile(r"(^|\.)(example|invalid|test|localhost|example\.(com|net|org))\.?$", re.I)
WHOLE_ADDRESS = re.compile(r"\s*[a-z][a-z0-9+.-]*://", re.I)
HEAD = re.compile(r"https://[^/?#{}]+(?=[/?#]|$)")


class Code(Widget):
    """Work on another site: a link that opens apart, and the completion code that the site gives at its end.

    The answer is the code as typed, without blanks around it. Codes of a requester's list never leave the server
    (`public_spec`), and wrong ones are counted (tasks/services/tries.py).
    """

    key = "code"
    family = "bring"
    title = gettext_lazy("Outside page with a completion code")
    styles = ("css/widgets/plain.css",)
    settings = (
        Setting("url", "text", gettext_lazy("Address of the outside page"), most=2000, required=True,
                help=gettext_lazy("Begins with https://. {{worker}} becomes the worker's pseudonym, {{assignment}} the"
                                  " task's number, {{column}} a column of your file. Send people back to"
                                  " /work/assignments/{{assignment}}/back/?code=… of this site to fill in the code.")),
        Setting("check", "choice", gettext_lazy("How codes are checked"), default="none",
                choices=(("none", gettext_lazy("not at all")), ("code", gettext_lazy("one of a list")),
                         ("pattern", gettext_lazy("by their characters")))),
        Setting("codes", "pairs", gettext_lazy("The list of codes"), most=2000, keys=("code", "note"), secret=True,
                help=gettext_lazy("One a line. Nobody who works sees them.")),
        Setting("characters", "text", gettext_lazy("Characters of a code"), most=200, default="", secret=True,
                help=gettext_lazy("Such as 0-9A-Z.")),
        Setting("length", "count", gettext_lazy("Length of a code"), least=1, most=MOST, secret=True),
    )  # fmt: skip

    @classmethod
    def example(cls) -> dict[str, Any]:
        return {
            "spec": {
                "url": "https://survey.example/start?who={{worker}}&task={{assignment}}",
                "check": "code",
                "codes": [{"code": "THANKS-2026", "note": "THANKS-2026"}],
            },
            "answer": "THANKS-2026",
            "wrong": "THANKS-1",
        }

    def check(self) -> Sequence[tuple[str, Any]]:
        url, way = self.options["url"], self.options["check"]
        found = []
        if not HEAD.match(url) or https(placeholders.PLACEHOLDER.sub("x", url)) is None:
            sentence = _("Begin with https:// and the name of the site; {{…}} may stand after the name only.")
            found.append(("url", sentence))
        if way == "code" and not self.options["codes"]:
            found.append(("codes", _("List the codes that your page gives.")))
        if any(not LEAST <= len(pair["code"]) <= MOST for pair in self.options["codes"] or ()):
            sentence = _("A code has from %(least)s to %(most)s characters: shorter ones can be guessed.")
            found.append(("codes", sentence % {"least": LEAST, "most": MOST}))
        if way == "pattern" and not (self.options["characters"] or self.options["length"]):
            found.append(("characters", _("Say which characters a code has, or how long it is.")))
        if way == "pattern" and (wrong := self._pattern_problems()):
            found.append(("characters", wrong))
        return found

    def _pattern_problems(self) -> Any:
        problems: dict[str, list[Any]] = {}
        Text(self._as_text, "", problems)
        return next((line for lines in problems.values() for line in lines), None)

    @property
    def _as_text(self) -> dict[str, Any]:
        """The rule of a pattern as options of a text, which knows sets of characters and lengths."""
        length = self.options["length"]
        bounds = {"min_length": length, "max_length": length} if length else {"max_length": MOST}
        return {"name": "code", "label": "code", "characters": self.options["characters"], **bounds}

    @cached_property
    def _pattern(self) -> Text:
        return Text(self._as_text, "", {})

    @property
    def personal(self) -> bool:
        return True

    @property
    def guarded(self) -> bool:
        return bool(self.options["check"] == "code")

    @property
    def columns(self) -> list[str]:
        named = [name for name in placeholders.names(self.options["url"]) if name not in WHO]
        return [*named, *super().columns]

    def checks(self) -> list[tuple[str, Callable[[str], str | None]]]:
        """Cells that become a part of the path must not be addresses themselves; in a query one may be meant."""
        path = self.options["url"].partition("?")[0].partition("#")[0]
        named = [name for name in placeholders.names(path) if name not in WHO]
        return [*super().checks(), *((name, self._not_an_address) for name in named)]

    def _not_an_address(self, cell: str) -> str | None:
        if not WHOLE_ADDRESS.match(cell):
            return None
        sentence = _(
            "This is a whole address, and only the part that stands for {{…}} in “%(url)s” belongs here. Leave the"
            " rest of it out."
        )
        return sentence % {"url": Truncator(self.options["url"]).chars(100)}

    def warnings(self) -> list[str]:
        host = urlsplit(placeholders.PLACEHOLDER.sub("x", self.options["url"])).hostname or ""
        if not NOBODYS.search(host):
            return []
        sentence = _(
            "The address of the outside page is still the example: there is no page at “%(host)s”. Write the address"
            " of yours, or nobody can do this work."
        )
        return [sentence % {"host": host}]

    # --- the answer ------------------------------------------------------------------------------------

    def clean(self, value: Any) -> Any:
        if value is None:
            return None
        if not isinstance(value, str):
            raise Wrong(_("Send a text."))
        code = value.strip()
        if not code:
            return None
        if len(code) > MOST or not code.isprintable():
            raise Wrong(_("This is not a completion code. Copy it once more from the end of the other page."))
        if self.options["check"] == "code" and not self._listed(code):
            raise Wrong(_("This is not one of the codes. Copy it once more from the end of the other page."))
        if self.options["check"] == "pattern":
            self._check_pattern(code)
        return code

    def _listed(self, code: str) -> bool:
        """Compared with every code, each in constant time: how long it takes tells nothing of where they differ."""
        return sum(constant_time_compare(code, pair["code"]) for pair in self.options["codes"]) > 0

    def _check_pattern(self, code: str) -> None:
        try:
            self._pattern.clean(code)
        except Wrong:
            raise Wrong(
                _("A code of that page looks different. Copy it once more from the end of the other page.")
            ) from None

    def missing(self) -> str:
        return _("Write the code that the other page shows at its end.")

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "maxLength": MOST}

    # --- the page --------------------------------------------------------------------------------------

    def address(self, data: Mapping[str, str] | None) -> str:
        """The outside page for this row and person, each value percent-encoded; empty when it can't be made safely.

        In a preview, where nobody works, the worker and the assignment are named as such.
        """
        values: dict[str, str] = {**{name: name for name in WHO}, **(data or {}), **getattr(data, "who", {})}
        url = placeholders.PLACEHOLDER.sub(
            lambda found: quote(str(values.get(found[1], "")), safe=""), self.options["url"]
        )
        return url if https(url) else ""

    def input(self, drawing: Drawing) -> SafeString:
        address = self.address(drawing.data)
        link = format_html(
            '<p class="outside"><a class="button plain" href="{}" target="_blank"'
            ' rel="noopener noreferrer external">{}</a> <span class="quiet">{} {}</span></p>',
            address,
            _("Open the other page"),
            HEAD.match(self.options["url"])[0].removeprefix("https://") if address else "",  # type: ignore[index]
            _("(opens in a new tab)"),
        )
        return format_html(
            '{}{}<div class="short"><input type="text" name="{}" id="{}" maxlength="{}" autocomplete="off"'
            ' autocapitalize="off" spellcheck="false"{}{} placeholder="{}" value="{}"></div>',
            self.sheets(),
            link if address else "",
            drawing.id,
            drawing.id,
            MOST,
            SafeString(" required") if self.required else "",
            self.described(drawing),
            _("Completion code"),
            drawing.value if isinstance(drawing.value, str) else "",
        )
