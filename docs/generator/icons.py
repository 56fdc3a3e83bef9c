"""Draws the PNG icons of the phone page from its SVG: `make icons`.

Needs Chromium. The pictures are committed: iPhones take no SVG as the icon of a page.
"""

from pathlib import Path

from tests.browser.support.desk import a_chromium

FOLDER = Path(__file__).parents[2] / "api/pages/page"
SIZES = (180, 192, 512)
"""Sides in pixels: an iPhone's home screen, an Android's, its start screen."""


def main() -> None:
    """Write one file for each size."""
    drawing = (FOLDER / "icon.svg").read_text(encoding="utf-8")
    with a_chromium() as browser:
        for side in SIZES:
            page = browser.new_page(viewport={"width": side, "height": side})
            page.set_content(
                f"<style>body {{ margin: 0 }} svg {{ display: block }}</style>{drawing}"
            )
            page.screenshot(path=FOLDER / f"icon-{side}.png")
            page.close()


if __name__ == "__main__":
    main()
