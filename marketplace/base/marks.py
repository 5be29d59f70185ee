"""The small drawings: icons, and the mark of each state (a shape and a word, never colour alone)."""

from typing import Any

from django.utils.translation import gettext_lazy as _

# Paths in a box of 24, drawn with a stroke.
ICONS = {
    "check": "M5 12.5l4.5 4.5L19 7.5",
    "cross": "M6 6l12 12M18 6L6 18",
    "info": "M12 11v6M12 7.2v.1M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18",
    "warning": "M12 4L2.5 20h19zM12 10v4.5M12 17.3v.1",
    "error": "M8 3h8l5 5v8l-5 5H8l-5-5V8zM12 8v5M12 16v.1",
    "success": "M8 12.3l2.8 2.8L16 9.5M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18",
    "clock": "M12 7v5.2l3.4 2M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18",
    "file": "M14 3H6v18h12V7zM14 3v4h4M9 13h6M9 17h6",
    "upload": "M12 16V4M7 9l5-5 5 5M4 16v4h16v-4",
    "download": "M12 4v12M7 11l5 5 5-5M4 18v2h16v-2",
    "arrow": "M5 12h14M13 6l6 6-6 6",
    "back": "M19 12H5M11 6l-6 6 6 6",
    "down": "M6 9.5l6 6 6-6",
    "plus": "M12 5v14M5 12h14",
    "search": "M11 4a7 7 0 1 0 0 14a7 7 0 0 0 0-14M16.2 16.2L21 21",
    "lock": "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
    "mail": "M3 6h18v13H3zM3 7l9 7 9-7",
    "person": "M12 4a4 4 0 1 0 0 8a4 4 0 0 0 0-8M4 20c1-4 4-5.5 8-5.5s7 1.5 8 5.5",
    "flag": "M6 21V4h12l-2.5 4L18 12H6",
    "pause": "M9 5v14M15 5v14",
    "play": "M8 5l11 7-11 7z",
    "eye": "M2 12c3-4.5 6-6 10-6s7 1.5 10 6c-3 4.5-6 6-10 6s-7-1.5-10-6M12 9a3 3 0 1 0 0 6a3 3 0 0 0 0-6",
}

_SHAPES = {
    "full": '<path class="t {0}" d="M1.5 1.5h9v9h-9z"/>',
    "small": '<path class="t {0}" d="M3 2.3l6.7.7-.7 6.7-6.7-.7z"/>',
    "hollow": '<path class="t hollow {0}" d="M1.5 1.5h9v9h-9z"/>',
    "half": '<path class="t hollow {0}" d="M1.5 1.5h9v9h-9z"/><path class="t {0}" d="M1.5 6h9v4.5h-9z"/>',
    "check": '<path class="t {0}" d="M1.5 1.5h9v9h-9z"/><path class="over" d="M3 6.2l2 2L9 4"/>',
    "cross": '<path class="t {0}" d="M1.5 1.5h9v9h-9z"/><path class="over" d="M3.5 3.5l5 5M8.5 3.5l-5 5"/>',
    "pause": '<path class="t {0}" d="M1.5 1.5h9v9h-9z"/><path class="over" d="M4.3 3.5v5M7.7 3.5v5"/>',
    "lozenge": '<path class="t {0}" d="M6-.5L12.5 6 6 12.5-.5 6z"/>',
    "ring": '<path class="t hollow {0}" d="M6-.5L12.5 6 6 12.5-.5 6z"/>',
}

# state: (shape, colour of a tile or "void", word). The colours keep the five meanings of the mosaic.
_MARKS: dict[str, tuple[str, str, Any]] = {
    "open": ("full", "open", _("open")),
    "claimed": ("small", "claimed", _("in hand")),
    "submitted": ("full", "submitted", _("to review")),
    "approved": ("check", "approved", _("approved")),
    "contested": ("lozenge", "contested", _("contested")),
    "disputed": ("ring", "contested", _("with a moderator")),
    "rejected": ("cross", "contested", _("rejected")),
    "released": ("hollow", "void", _("given back")),
    "expired": ("hollow", "void", _("time ran out")),
    "compensated": ("check", "approved", _("compensated")),
    "draft": ("hollow", "void", _("draft")),
    "screening": ("half", "claimed", _("being looked at")),
    "published": ("full", "submitted", _("published")),
    "paused": ("pause", "claimed", _("paused")),
    "completed": ("check", "approved", _("completed")),
    "cancelled": ("cross", "open", _("cancelled")),
    "waiting": ("hollow", "claimed", _("waiting")),
    "loading": ("half", "submitted", _("loading")),
    "loaded": ("check", "approved", _("loaded")),
    "pending": ("half", "claimed", _("on its way")),
    "held": ("pause", "contested", _("held")),
    "sent": ("half", "submitted", _("sent to the bank")),
    "paid": ("check", "approved", _("paid")),
    "settled": ("check", "approved", _("settled")),
    "failed": ("cross", "contested", _("failed")),
    "returned": ("cross", "contested", _("came back")),
    "decided": ("check", "approved", _("decided")),
    "appealed": ("ring", "contested", _("appealed")),
    "on": ("check", "approved", _("on")),
    "off": ("pause", "contested", _("off")),
    "verified": ("check", "approved", _("verified")),
    "unverified": ("half", "claimed", _("not verified yet")),
    "primary": ("full", "submitted", _("main address")),
}


def mark(state: str) -> tuple[str, Any]:
    """(SVG shapes in a box of 12, word) for a state of anything; an unknown one is an open tile with its own name."""
    shape, colour, word = _MARKS.get(state, ("full", "open", state))
    return _SHAPES[shape].format(colour), word


def states() -> list[str]:
    """Every state that has a mark, for the gallery."""
    return list(_MARKS)
