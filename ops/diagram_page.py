"""HTML page with pictures of diagrams: one file, which needs no network, in one style."""

from collections.abc import Iterable
from html import escape

STYLE = """
body{margin:0;font:15px/1.45 Arial,"Liberation Sans",sans-serif;color:#22242a;background:#fff}
main{max-width:1920px;box-sizing:border-box;margin:0 auto;padding:16px}
h1{font-size:24px;margin:8px 0}h2{font-size:19px;margin:32px 0 6px}a{color:#1f4fa3}
nav a{display:inline-block;margin:2px 10px 2px 0}code{color:#5b6069;font-size:13px}
.picture{overflow-x:auto;margin:8px 0;border:1px solid #d5d8de;border-radius:6px}
.picture svg{display:block;max-width:max(100%,1600px);height:auto}
.legend span{display:inline-block;margin-right:18px}
.legend i{display:inline-block;width:14px;height:14px;margin-right:6px;border-radius:3px;
vertical-align:-2px}
.table{overflow-x:auto;margin:8px 0}table{border-collapse:collapse}
td,th{padding:4px 14px 4px 0;text-align:left;vertical-align:top;border-bottom:1px solid #e4e6ea}
td.number,th.number{text-align:right;white-space:nowrap}
.bad{color:#b3261e;font-weight:bold}
.bar{display:inline-block;width:110px;height:10px;border-radius:5px;overflow:hidden}
.bar i{display:block;height:100%}
@media(max-width:600px){.bar{width:50px}}
"""
SCROLL = """
document.querySelectorAll('.picture').forEach(p => {
  const drawn = p.querySelector('svg');
  p.scrollLeft = p.dataset.left * drawn.clientWidth / drawn.viewBox.baseVal.width;
});
"""


def page(title: str, *parts: str) -> str:
    """Return the whole page; ``parts``: HTML below the title."""
    return (
        '<!doctype html><html lang="ru"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>"
        f"<body><main><h1>{escape(title)}</h1>{''.join(parts)}</main>"
        f"<script>{SCROLL}</script></body></html>\n"
    )


def legend(colors: Iterable[tuple[str, str]], about: str = "") -> str:
    """Return the meaning of colors: pairs of a CSS color and a word, behind the text ``about``."""
    items = "".join(
        f'<span><i style="background:{color}"></i>{escape(word)}</span>' for color, word in colors
    )
    return f'<p class="legend">{escape(about)} {items}</p>'


def picture(name: str, svg: str, left: float = 0) -> str:
    """Return a region that scrolls sideways where the picture would become too small to read.

    ``left``: pixels of the picture that are scrolled away at first.
    """
    return (
        f'<div class="picture" tabindex="0" role="region" aria-label="{escape(name)}" '
        f'data-left="{left:.0f}">{svg}</div>'
    )


def table(rows: Iterable[str]) -> str:
    """Return a table of rows with their tags, scrolling sideways where it does not fit."""
    return f'<div class="table"><table>{"".join(rows)}</table></div>'
