"""Why a file or an address is not taken. One sentence for each code, said in the language of whoever reads it.

A refusal crosses from the child process that read the file to ours, and from the job to the page, as its code and its
values; so it is one class and a table, and needs nothing of Django but translation.
"""

from typing import Any

from django.utils.translation import gettext_lazy as _

_NOT_SUPPORTED = _(
    "Send a picture (JPEG, PNG, WebP, GIF), a sound (MP3, M4A, WAV, OGG), a video (MP4, WebM) or a PDF."
)

SENTENCES: dict[str, Any] = {
    # What the file is.
    "empty": _("The file is empty (0 bytes). Send it again; perhaps it was still being written."),
    "svg": _("This is an SVG drawing, which can carry programs. Save it as PNG and send that."),
    "web_page": _("This is a web page, not a file. Give the address of the picture, sound or video itself."),
    "program": _("This is a program, whatever its name says, and is not taken. %(kinds)s"),
    "archive": _("This is an archive or an office document. Unpack it, or save it as PDF, and send that."),
    "heic": _("This is a HEIC photograph, which most devices can't show. Save it as JPEG and send that."),
    "text": _("This is a text. Put its words in a column of their own instead of a file. %(kinds)s"),
    "unknown": _("We can't tell what this file is. %(kinds)s"),
    # What is inside.
    "broken_picture": _("This picture is damaged or cut off. Open it, save it anew and send that."),
    "broken_sound": _("This recording is damaged or cut off. Open it, save it anew and send that."),
    "broken_video": _("This video is damaged or cut off. Open it, save it anew and send that."),
    "broken_page": _("This PDF is damaged or cut off. Open it, save it anew and send that."),
    "too_many_pixels": _(
        "This picture has %(megapixels)s megapixels; at most %(most)s are taken. Make it smaller and send it again."
    ),
    "no_sound": _("There is no sound or moving picture in this file. Record it again and send that."),
    "unknown_codec": _(
        "This recording is in a format that few programs know. Save it as MP3 or MP4 and send that."
    ),
    "sound_too_long": _("This recording is longer than %(most)s minutes. Cut it into shorter pieces."),
    "video_too_long": _("This video is longer than %(most)s minutes. Cut it into shorter pieces."),
    "video_too_large": _("This video is %(width)s × %(height)s pixels. Save it at 1920 × 1080 or less."),
    "encrypted": _("This PDF asks for a password. Save it without one and send that."),
    "too_many_pages": _(
        "This PDF has %(pages)s pages; at most %(most)s are taken. Split it into shorter ones."
    ),
    "no_pages": _("This PDF has no page. Save it anew and send that."),
    "unreadable": _("This file can't be read. Open it with a common program, save it anew and send that."),
    "too_heavy": _("Reading this file takes too much time or memory. Save it anew, smaller, and send that."),
    # Where it is.
    "address": _("This is not an address we can read. Copy it from your browser; it begins with https://."),
    "not_https": _("The address must begin with https://."),
    "credentials": _("The address holds a name or password. Give one that works without."),
    "port": _("The address names the port %(port)s. Only 443, the usual one for https, is used."),
    "numeric_host": _("The address names a computer by number. Give its name."),
    "private": _("The address “%(host)s” leads into a private network. Give one that is open to the public."),
    "no_such_host": _("The name “%(host)s” leads nowhere. Look for a slip in the address."),
    "no_answer": _("“%(host)s” does not answer. Open the address in a browser, and try again later."),
    "certificate": _("“%(host)s” has no valid certificate. Its owner has to renew it."),
    "status": _(
        "“%(host)s” answered with %(status)s. Open the address in a private browser window to see why."
    ),
    "redirects": _("The address sends us on more than %(most)s times. Give the last address instead."),
    "encoding": _("“%(host)s” sends the file packed (%(encoding)s) although we asked for it plain."),
    "bad_answer": _(
        "What “%(host)s” answered can't be read. Open the address in a browser to see whether it works."
    ),
    "too_big": _("The file is larger than %(megabytes)s MB. Make it smaller and try again."),
    "too_slow": _("The file did not arrive within %(seconds)s seconds. Try again, or upload it instead."),
    "cut_off": _("Only a part of the file arrived. Try again, or upload it instead."),
}


class MediaRefused(Exception):
    """A file or an address is not taken; `code` is stable, `params` are numbers and short texts.

    `MediaRefused(code, **params).message` says the sentence again, in the active language, for a stored refusal.
    """

    def __init__(self, code: str, **params: str | int) -> None:
        if code not in SENTENCES:
            raise ValueError(f"no sentence for {code!r}")
        super().__init__(code)
        self.code = code
        self.params = params

    @property
    def message(self) -> str:
        """The sentence in the active language: what is wrong and what to do."""
        return str(SENTENCES[self.code]) % ({"kinds": _NOT_SUPPORTED} | self.params)

    def __str__(self) -> str:
        return f"{self.code} {self.params}" if self.params else self.code
