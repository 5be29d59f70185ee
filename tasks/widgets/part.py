"""A piece of a form, whether it asks or shows: read from JSON by its options, and named in the page for scripts."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from .settings import Setting, Wrong

Problems = dict[str, list[Any]]


class Part:
    """A piece of a form, made from its JSON.

    `problems` collects what can't stand, keyed by its place such as "fields[1].options"; the caller refuses
    the form when there are any.
    """

    key: ClassVar[str] = ""
    title: ClassVar[Any] = ""
    family: ClassVar[str] = (
        ""  # under which heading the editor offers it (FAMILIES of tasks/page_forms/editor.py)
    )
    settings: ClassVar[tuple[Setting, ...]] = ()
    said_by: ClassVar[str] = ""  # the name in the JSON that chooses the part: "widget" or "as"
    scripts: ClassVar[tuple[str, ...]] = ()  # static files that draw it; kit.js loads them where it is drawn
    styles: ClassVar[tuple[str, ...]] = ()
    media: ClassVar[
        tuple[str, ...]
    ] = ()  # the settings that name a column of pictures, sounds, films or pages

    def __init__(self, spec: Mapping[str, Any], place: str, problems: Problems) -> None:
        self.options: dict[str, Any] = {}
        found: Problems = {}
        for setting in self.editor_fields():
            try:
                self.options[setting.name] = setting.read(spec.get(setting.name))
            except Wrong as wrong:
                self.options[setting.name] = setting.default
                found.setdefault(f"{place}.{setting.name}", []).append(wrong.message)
        for name in spec.keys() - self.options.keys() - {self.said_by}:
            found.setdefault(f"{place}.{name}", []).append(_("There is no such setting here."))
        if not found:
            for name, message in self.check():
                found.setdefault(f"{place}.{name}", []).append(message)
        problems.update(found)

    def check(self) -> Sequence[tuple[str, Any]]:
        """(setting, message) for options that are each fine but don't fit together."""
        return ()

    def checks(self) -> list[tuple[str, Callable[[str], str | None]]]:
        """(column, function) for cells that a row must get right; the function returns a sentence or None."""
        return []

    def warnings(self) -> list[str]:
        """Sentences for the requester about what can stand but is hardly meant."""
        return []

    @classmethod
    def editor_fields(cls) -> tuple[Setting, ...]:
        """The options a requester can set, in the order in which the editor asks for them."""
        return cls.settings

    @classmethod
    def example(cls) -> dict[str, Any] | None:
        """A sample for /gallery/widgets/: {"spec": its settings, "row": cells, "answer": a cleaned one, "wrong": one
        that is refused, "also": further samples}, each optional. Without one the page makes settings up."""
        return None

    pictured: ClassVar[bool] = False  # whether the files that it shows are pictures

    @property
    def media_use(self) -> str:
        """How it uses those files: "image", "audio", "video" or "page". What each can show: services/media_uses.py."""
        return "image"

    @property
    def media_columns(self) -> list[str]:
        """The input columns whose cells name a file that it shows."""
        return [self.options[name] for name in self.media if self.options.get(name)]

    @classmethod
    def hooks(cls, options: Mapping[str, Any]) -> SafeString:
        """The attributes by which static/js/kit.js finds the element, loads what draws it, and hands it `options`."""
        return format_html(
            'data-widget="{}" data-options="{}" data-scripts="{}" data-styles="{}"',
            cls.key,
            json.dumps(options, ensure_ascii=False),
            " ".join(static(path) for path in cls.scripts),
            " ".join(static(path) for path in cls.styles),
        )

    @classmethod
    def sheets(cls) -> SafeString:
        """Links to `styles`, for a part that must look right where no script runs. Equal ones load once."""
        return format_html_join(
            "", '<link rel="stylesheet" href="{}">', ((static(path),) for path in cls.styles)
        )

    @property
    def public_spec(self) -> dict[str, Any]:
        """`spec` without the secret settings: what those who answer may read."""
        secret = {setting.name for setting in self.editor_fields() if setting.secret}
        return {name: value for name, value in self.spec.items() if name not in secret}

    @property
    def spec(self) -> dict[str, Any]:
        """The part as JSON: what differs from the defaults, in a fixed order."""
        chosen = {
            setting.name: self.options[setting.name]
            for setting in self.editor_fields()
            if setting.required or self.options[setting.name] != setting.default
        }
        return {self.said_by: self.key, **chosen}
