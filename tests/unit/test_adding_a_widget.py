"""A scripted widget, a shown input and a kind are each one file: nothing else names them."""

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from django.utils import translation

from marketplace.web import gallery_widgets
from tasks import kinds, widgets
from tasks.forms import BadAnswer, compile_form, render_task
from tasks.page_forms.editor import Editor
from tasks.widgets import shown
from tasks.widgets.base import Shown, Widget

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/how-to/add-a-widget.md").read_text()
INITIALS = """
from tasks.widgets.base import Shown
from django.utils.html import format_html


class Initials(Shown):
    key = "initials"
    title = "Initials"
    settings = (Shown.column,)

    def body(self, data):
        return format_html("<p>{}</p>", "".join(word[0] for word in data.get(self.options["column"], "").split()))
"""
KIND = """
from .base import Group, Kind

KIND = Kind(
    key="say_yes",
    group=Group.JUDGEMENT,
    title="Say yes",
    description="One question.",
    spec={"fields": [{"name": "yes", "widget": "choice", "label": "{{text}}?", "options": ["yes", "no"]}]},
    instructions="## What to do",
    seconds=5,
    examples={"en": [{"text": "Is it so"}]},
)
"""
Put = Callable[[ModuleType, str, str], None]


@pytest.fixture
def put(tmp_path: Path) -> Iterator[Put]:
    """Puts one file into a package and lets the package look; takes it out again."""
    placed: list[tuple[ModuleType, str]] = []

    def into(package: ModuleType, name: str, source: str) -> None:
        folder = tmp_path / name
        folder.mkdir()
        (folder / f"{name}.py").write_text(source)
        package.__path__.append(str(folder))
        placed.append((package, str(folder)))
        importlib.invalidate_caches()
        package.discover()

    yield into
    for package, folder in placed:
        package.__path__.remove(folder)
        sys.modules.pop(f"{package.__name__}.{Path(folder).name}", None)
    for registry, key in ((Widget.registry, "dot"), (Shown.registry, "initials")):
        registry.pop(key, None)  # type: ignore[attr-defined]
    kinds.discover()


def offers(name: str) -> str:
    """What the form editor offers to add, however it groups it."""
    return str([part["offers"] for part in Editor().view() if part["name"] == name])


def test_a_scripted_widget_is_one_file(put: Put) -> None:
    put(widgets, "dot_of_the_how_to", PAGE.split("```python\n")[2].split("```")[0])
    form = compile_form({"fields": [{"name": "edge", "widget": "dot", "label": "Where?"}]})
    html = render_task(form, {}, {"edge": 70})
    assert "js/widgets/dot.js" in html
    assert "data-answer>70</textarea>" in html
    assert form.clean({"edge": 70}) == {"edge": 70}
    with pytest.raises(BadAnswer):
        form.clean({"edge": -1})
    assert "fields:dot" in offers("fields")
    with translation.override("en"):
        states = [state.title for state in gallery_widgets.states(widgets.all_widgets()["dot"])]
    assert states[:2] == ["Empty", "Answered"]


def test_a_shown_input_is_one_file(put: Put) -> None:
    put(shown, "initials", INITIALS)
    field = {"name": "x", "widget": "text", "label": "?"}
    form = compile_form({"show": [{"as": "initials", "column": "who"}], "fields": [field]})
    assert "<p>AL</p>" in form.render_shown({"who": "Ada Lovelace"})
    assert form.columns == ["who"]
    assert "show:initials" in offers("show")


def test_a_kind_is_one_file(put: Put) -> None:
    put(kinds, "say_yes", KIND)
    kind = kinds.get("say_yes")
    assert kind in kinds.all_kinds()
    assert kind.columns == ["text"]
    assert "Is it so?" in render_task(compile_form(kind.form()), kind.example_rows()[0])


@pytest.mark.parametrize("part", [*widgets.all_widgets().values(), *widgets.all_shown().values()])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_gallery_shows_every_part_with_settings_that_stand(part: type[Widget], language: str) -> None:
    with translation.override(language):
        found = gallery_widgets.sample(part)
        problems: dict[str, list[str]] = {}
        made = part(found.spec, "p", problems)
        assert not problems
        assert len(list(gallery_widgets.states(part))) >= 3
        if found.answer is not None:
            assert made.clean(found.answer) == found.answer
