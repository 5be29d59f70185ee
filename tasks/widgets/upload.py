from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.base import ids
from marketplace.base.errors import NotFound

from .base import Cell, Drawing, Scripted
from .settings import Setting, Wrong
from .shown.audio import STYLES

MOST_BYTES = 20_000_000  # of one file, as it is sent
# What the browser's own window offers; what was sent is looked at itself. Phones turn HEIC into JPEG for this list.
OFFERED = {"photo": "image/jpeg,image/png,image/webp", "sound": "audio/*"}


class Upload(Scripted):
    """A photo or a recording that the worker takes. It is sent at once; the answer is its id, "fil_…"."""

    key = "upload"
    family = "bring"
    title = gettext_lazy("Photo or recording by the worker")
    settings = (
        Setting(
            "accept",
            "choice",
            gettext_lazy("What to send"),
            default="photo",
            choices=(("photo", gettext_lazy("a photo")), ("sound", gettext_lazy("a sound recording"))),
        ),
    )
    scripts = ("js/widgets/upload.js",)
    styles = STYLES

    @classmethod
    def example(cls) -> dict[str, Any]:
        return {"spec": {"accept": "photo"}}

    @property
    def photo(self) -> bool:
        return bool(self.options["accept"] == "photo")

    # --- the answer ------------------------------------------------------------------------------------

    def clean(self, value: Any) -> Any:
        """The id of the file. That it belongs to this very assignment is checked where the answer is stored."""
        if value in (None, ""):
            return None
        try:
            ids.decode("fil", value if isinstance(value, str) else "")
        except NotFound:
            raise Wrong(_("Send the file again: what came with the answer does not name one.")) from None
        return value

    def files(self, value: Any) -> dict[str, str]:
        return {} if value is None else {value: self.options["accept"]}

    def missing(self) -> str:
        return _("Send a photo.") if self.photo else _("Send a recording.")

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": "^fil_[0-9a-z]{13}$"}

    # --- the results -----------------------------------------------------------------------------------

    def cells(self, value: Any) -> list[Cell]:
        return [None if value is None else settings.BASE_URL + reverse("answer-media", args=[value])]

    def as_html(self, value: Any, data: Mapping[str, str] | None) -> SafeString:
        if not value:
            return SafeString("")
        address = reverse("answer-media", args=[value])
        if not self.photo:
            return format_html('<audio class="sent" controls preload="metadata" src="{}"></audio>', address)
        return format_html(
            '{}<a href="{}" target="_blank" rel="noopener"><img class="sent" src="{}" alt="{}" loading="lazy"></a>',
            self.sheets(),
            address,
            address,
            _("The photo that was sent: opens large in a new tab"),
        )

    # --- the page --------------------------------------------------------------------------------------

    def client(self, drawing: Drawing) -> dict[str, Any]:
        # The script puts in the assignment, which the form around it names; in a preview there is none.
        return {
            "accept": self.options["accept"],
            "offered": OFFERED[self.options["accept"]],
            "send": f"{reverse('answer-file', args=['ID'])}?kind={self.options['accept']}",
            "media": reverse("answer-media", args=["ID"]),
            "bytes": MOST_BYTES,
            "words": self._words(),
        }

    def _words(self) -> dict[str, str]:
        return {
            "take": _("Take a photo") if self.photo else _("Record"),
            "choose": _("Choose a photo") if self.photo else _("Choose a file"),
            "again": _("Take another") if self.photo else _("Record again"),
            "other": _("Choose another"),
            "stop": _("Stop"),
            "recording": _("Recording: %s"),
            "no_microphone": _("The microphone can't be used. Allow it in the browser, or choose a file."),
            "sending": _("Being sent:"),
            "working": _("One moment: it is being made ready."),
            "sent": _("Sent."),
            "cancel": _("Cancel"),
            "remove": _("Remove"),
            "retry": _("Try again"),
            "failed": _("It did not get through. Look at your connection and try again."),
            "too_large": _("This file is larger than %s MB. Choose a smaller one."),
            "empty": _("This file is empty. Choose another."),
            "preview": _("This is a preview: nothing is sent."),
            "photo": _("Your photo"),
        }
