"""/gallery/: every component in every state, to look at while building. Absent from production."""

import datetime as dt
from typing import Any

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.base import clock, marks

COUNTS = {"approved": 3640, "submitted": 1127, "claimed": 139, "contested": 34, "open": 3375}


class Sample(forms.Form):
    """One field of each sort; what is sent goes nowhere."""

    title = forms.CharField(
        label=gettext_lazy("Title"), help_text=gettext_lazy("Workers read it on the board.")
    )
    price = forms.DecimalField(label=gettext_lazy("Price per task"), min_value=0)
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind of work"),
        choices=[("choice", gettext_lazy("Choose one answer")), ("text", gettext_lazy("Write a text"))],
    )
    answer = forms.ChoiceField(
        label=gettext_lazy("The same product?"),
        widget=forms.RadioSelect,
        choices=[
            ("yes", gettext_lazy("Yes")),
            ("no", gettext_lazy("No")),
            ("unsure", gettext_lazy("Cannot tell")),
        ],
    )
    languages = forms.MultipleChoiceField(
        label=gettext_lazy("Languages"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        choices=[("en", gettext_lazy("English")), ("fr", gettext_lazy("French"))],
    )
    purpose = forms.CharField(label=gettext_lazy("What it is for"), widget=forms.Textarea(attrs={"rows": 3}))
    rows = forms.FileField(label=gettext_lazy("Your data"), help_text=gettext_lazy("CSV, XLSX or JSONL."))
    terms = forms.BooleanField(label=gettext_lazy("I have read the terms"))

    languages.choice_hints = {"fr": gettext_lazy("as a mother tongue")}  # type: ignore[attr-defined]


def _cards() -> list[dict[str, Any]]:
    same = {
        "title": "Is it the same product?", "by": "Atelier Nord", "purpose": _("cleaning a catalogue"), "url": "#card",
        "reward_micros": 120_000, "seconds": 31, "measured": True, "hourly_micros": 13_940_000, "left": 2114,
        "counts": COUNTS, "seed": "bat_same", "note": _("Paid 2 days after you submit"),
    }  # fmt: skip
    page = {
        "title": "Transcrire une page manuscrite", "by": "Archives de Lorient",
        "purpose": _("opening a parish register"), "url": "#card",
        "reward_micros": 850_000, "seconds": 220, "measured": True, "hourly_micros": 13_910_000,
        "left": 412, "counts": {"approved": 22, "submitted": 31, "claimed": 12, "open": 412}, "seed": "bat_page",
        "note": _("0 of 1 208 answers refused"),
    }  # fmt: skip
    leaf = {
        "title": "Outline the leaf", "by": "Leafwatch", "purpose": _("a field guide for farmers"), "url": "#card",
        "reward_micros": 12_500, "seconds": 80, "measured": False, "hourly_micros": 13_950_000, "left": 9,
        "counts": {"approved": 5, "submitted": 2, "contested": 1, "open": 1}, "seed": "bat_leaf",
        "note": _("Asks for: Outlines, first level"),
    }  # fmt: skip
    return [same, page, leaf]


def _events(now: dt.datetime) -> list[dict[str, Any]]:
    return [
        {"at": now - dt.timedelta(days=3), "title": _("You submitted"), "state": "done"},
        {
            "at": now - dt.timedelta(days=1),
            "title": _("Contested"),
            "text": _("Reason: incomplete."),
            "state": "done",
        },
        {
            "at": None,
            "title": _("Your turn"),
            "text": _("Redo the answer, or reply and stand by it."),
            "state": "now",
        },
        {"at": now + dt.timedelta(days=4), "title": _("A moderator decides"), "state": "next"},
    ]


def _lines() -> list[dict[str, Any]]:
    return [
        {"label": _("Rewards"), "note": _("8 315 tasks × 3 answers × €0.12"), "micros": 2_993_400_000},
        {
            "label": _("Floor reserve, 20 %"),
            "note": _("Given back when the batch closes"),
            "micros": 598_680_000,
        },
        {"label": _("Platform fee, 20 %"), "micros": 598_680_000},
        {"label": _("VAT on the fee"), "micros": 119_736_000},
    ]


def _steps() -> list[dict[str, str]]:
    return [
        {"label": _("What"), "url": "#steps", "state": "done"},
        {"label": _("Data"), "url": "#steps", "state": "now"},
        {"label": _("Price"), "url": "", "state": "next"},
        {"label": _("Review"), "url": "", "state": "next"},
    ]


def gallery(request: HttpRequest) -> HttpResponse:
    """The page. 404 in production."""
    if settings.PRODUCTION:
        raise Http404
    now = clock.now()
    lines = _lines()
    context = {
        "counts": COUNTS, "few": {"approved": 4, "claimed": 1, "open": 2}, "cards": _cards(), "events": _events(now),
        "lines": lines, "total": sum(line["micros"] for line in lines), "steps": _steps(), "states": marks.states(),
        "icons": list(marks.ICONS), "blank": Sample(prefix="a"), "bad": Sample({"b-title": ""}, prefix="b"),
        "soon": now + dt.timedelta(hours=20), "past": now - dt.timedelta(days=40), "due_micros": 41_200_000,
        "tabs": [
            {"label": _("To review"), "url": "#tabs", "current": True, "count": 1127},
            {"label": _("Contested"), "url": "#tabs", "current": False, "count": 34},
            {"label": _("All"), "url": "#tabs", "current": False},
        ],
    }  # fmt: skip
    return render(request, "web/gallery.html", context)
