"""Pictures as text, with everything that comes from outside escaped."""

from collections.abc import Iterable
from xml.etree import ElementTree as Xml

Point = tuple[float, float]


class Picture:
    """An SVG picture that stands in a page and takes its colours from the page's style.

    Parameters
    ----------
    width, height : float
        In pixels; it is drawn at this size, and smaller where there is less room.
    title : str
        What it shows, for those who do not see it.
    classes : str
        Of CSS.
    """

    def __init__(self, width: float, height: float, title: str, classes: str = "") -> None:
        self.width, self.height = width, height
        self._root = Xml.Element(
            "svg",
            {
                "viewBox": f"0 0 {number(width)} {number(height)}",
                "width": number(width),
                "height": number(height),
                "role": "img",
                "aria-label": clean(title),
                "class": classes,
            },
        )

    def add(self, name: str, *, title: str = "", text: str = "", **attributes: object) -> None:
        """An element; a `title` shows where the pointer rests.

        Underscores at the end of a name are dropped (class_), others are hyphens.
        """
        given = {
            key.rstrip("_").replace("_", "-"): number(value)
            for key, value in attributes.items()
            if value is not None
        }
        element = Xml.SubElement(self._root, name, given)
        element.text = clean(text) or None
        if title:
            Xml.SubElement(element, "title").text = clean(title)

    def text(self, at: Point, text: str, classes: str = "", anchor: str = "start") -> None:
        """A line of text that begins, ends or has its middle `at` a place."""
        x, y = at
        self.add("text", x=x, y=y, class_=classes or None, text_anchor=anchor, text=text)

    def path(self, points: Iterable[Point], classes: str, *, closed: bool = False) -> None:
        """Straight lines from point to point."""
        places = " L".join(f"{number(x)} {number(y)}" for x, y in points)
        self.add("path", d=f"M{places}{'Z' if closed else ''}", class_=classes)

    def __str__(self) -> str:
        return Xml.tostring(self._root, encoding="unicode")


def clean(text: str) -> str:
    """A text on one line, without what is no sign, such as a change of direction."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)


def number(value: object) -> str:
    """A number as short as a hundredth of a pixel needs it; other things as they are."""
    if not isinstance(value, int | float):
        return str(value)
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def text_width(text: str, size: float) -> float:
    """About how wide a text is, in pixels, in a wide sans-serif type of so many."""
    return sum(map(_em, text)) * size


def _em(letter: str) -> float:
    if letter in "iljtfI.,:;'|! ()":
        return 0.39
    if letter in "mwMW" or not letter.isascii():
        return 1.0
    return 0.76 if letter.isupper() else 0.64


def shortened(text: str, width: float, size: float) -> str:
    """As much of a text as has room, with an ellipsis for what has none."""
    if text_width(text, size) <= width:
        return text
    while text and text_width(text + "…", size) > width:
        text = text[:-1]
    return text.rstrip() + "…"
