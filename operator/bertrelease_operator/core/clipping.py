"""Others' texts, made fit to be repeated in a status, an Event or a log."""


def clipped(text: str, longest: int) -> str:
    """At most `longest` characters; an ellipsis stands for the rest."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def one_line(text: str, longest: int) -> str:
    """`clipped`, without line breaks and anything else that does not print."""
    # What is cut off anyway is not looked at: spaces may go, so that a little more is.
    printed = "".join(char if char.isprintable() else " " for char in text[: 4 * longest])
    return clipped(" ".join(printed.split()), longest)
