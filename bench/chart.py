"""Horizontal bar chart as SVG."""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH, LABELS, VALUES = 980, 360, 130
"""Pixels: the picture, the column of names, the room for values right of the bars."""
TOP, STEP, BAR = 76, 30, 18
INK, PALE, FILL = "#22242a", "#5c6270", "#3f6fd1"


@dataclass(frozen=True)
class Bar:
    """One bar: its length is ``value``; a thin line shows the range over the rounds."""

    name: str
    value: float
    low: float
    high: float
    text: str


def bars(title: str, subtitle: str, given: Sequence[Bar]) -> str:
    """Draw the bars one below the other, all on one scale that begins at zero."""
    height = TOP + STEP * len(given) + 14
    longest = max((bar.high for bar in given), default=0.0) or 1.0
    scale = (WIDTH - LABELS - VALUES) / longest
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {WIDTH} {height}" '
        f'width="{WIDTH}" height="{height}" font-family="Arial, Liberation Sans, sans-serif" '
        'font-size="14">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="20" y="30" font-size="17" font-weight="bold" fill="{INK}">'
        f"{escape(title)}</text>",
        f'<text x="20" y="52" font-size="12" fill="{PALE}">{escape(subtitle)}</text>',
    ]
    for number, bar in enumerate(given):
        lines += _bar(bar, TOP + STEP * number, scale)
    return "\n".join([*lines, "</svg>"]) + "\n"


def _bar(bar: Bar, y: int, scale: float) -> list[str]:
    middle, end = y + BAR / 2, LABELS + bar.high * scale
    range_ = f"M{LABELS + bar.low * scale:.1f},{middle} H{end:.1f}"
    return [
        f'<text x="{LABELS - 10}" y="{y + 14}" text-anchor="end" fill="{INK}">'
        f"{escape(bar.name)}</text>",
        f'<rect x="{LABELS}" y="{y}" width="{bar.value * scale:.1f}" height="{BAR}" '
        f'fill="{FILL}"/>',
        f'<path d="{range_}" stroke="{INK}" stroke-width="1.5"/>',
        f'<text x="{end + 8:.1f}" y="{y + 14}" font-size="12" fill="{INK}">'
        f"{escape(bar.text)}</text>",
    ]
