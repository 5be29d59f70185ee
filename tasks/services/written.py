"""What people write against somebody's work, or decide about it, has to say something (charter P6, P7)."""

LEAST = 10  # characters, runs of blanks counted as one: "See rule 2" says which rule, "bad" says nothing


def says_nothing(text: str) -> bool:
    """Whether a piece of evidence or the reason of a decision is too short for anybody to answer it."""
    return len(" ".join(text.split())) < LEAST
