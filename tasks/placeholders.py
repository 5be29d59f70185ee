"""{{column}}: where a value of the task's row stands in a label, a hint or the instructions.

Values are bound as text. They are never read as a template, as Markdown or as HTML.
"""

import re
from collections.abc import Mapping
from typing import Any

# A name neither begins nor ends with a blank, so that blanks belong to one part only: otherwise a text of nothing but
# blanks after "{{" takes time by the square of its length.
PLACEHOLDER = re.compile(r"\{\{[ \t]*([^{}\r\n \t](?:[^{}\r\n]{0,98}[^{}\r\n \t])?)[ \t]*\}\}")


def names(text: str) -> list[str]:
    """The columns that `text` asks for, each once, in order."""
    return list(dict.fromkeys(PLACEHOLDER.findall(text)))


def fill(text: str, values: Mapping[str, Any] | None) -> str:
    """`text` with its placeholders replaced by plain values, unescaped: whoever shows it escapes the whole.

    Without values (a preview of the form alone) the placeholders stay as they are written.
    """
    if values is None or "{{" not in text:
        return text
    return PLACEHOLDER.sub(lambda found: str(values.get(found[1], "")), text)
