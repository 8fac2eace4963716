"""Labels beside points, none over another."""

from collections.abc import Sequence

from mulbudget.report.svg import Picture, Point, shortened, text_width

_SIZE = 13
"""Of the type, in pixels."""

Box = tuple[float, float, float, float]


class Labels:
    """Where there is still room in a picture.

    Parameters
    ----------
    picture : Picture
    points : sequence of points
        What is drawn already, and must not be written over.
    inside : tuple of float
        Left, top, right and bottom of where labels may stand.
    """

    def __init__(self, picture: Picture, points: Sequence[Point], inside: Box) -> None:
        self._picture, self._inside = picture, inside
        self._taken: list[Box] = [(x - 7, y - 7, x + 7, y + 7) for x, y in points]

    def block(self, box: Box) -> None:
        """Keep labels out of a box."""
        self._taken.append(box)

    def put(self, point: Point, text: str, classes: str) -> bool:
        """Write to the right of a point, above, to its left or below; nothing where all is full."""
        left, _, right, _ = self._inside
        text = shortened(text, (right - left) * 0.6, _SIZE)
        wide, (x, y) = text_width(text, _SIZE), point
        for place, anchor in (
            ((x + 11, y + 4), "start"),
            ((x, y - 13), "middle"),
            ((x - 6, y - 11), "end"),
            ((x + 6, y - 11), "start"),
            ((x - 11, y + 4), "end"),
            ((x, y + 22), "middle"),
            ((x + 6, y + 19), "start"),
            ((x - 6, y + 19), "end"),
        ):
            shift = {"start": 0, "end": wide, "middle": wide / 2}[anchor]
            box = (place[0] - shift, place[1] - 10, place[0] - shift + wide, place[1] + 3)
            if self._inside_frame(box) and not any(_overlap(box, each) for each in self._taken):
                self._taken.append(box)
                self._picture.text(place, text, classes, anchor)
                return True
        return False

    def _inside_frame(self, box: Box) -> bool:
        left, top, right, bottom = self._inside
        return left <= box[0] and top <= box[1] and box[2] <= right and box[3] <= bottom


def _overlap(one: Box, other: Box) -> bool:
    apart = one[2] < other[0] or other[2] < one[0] or one[3] < other[1] or other[3] < one[1]
    return not apart
