"""Pages of the desk: one table, and the HTML that is the same for all of them.

To add a page: one row here, and its module in `page/`. The HTML holds no data: the module reads
them from the API, which checks permissions.
"""

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from string import Template

from api.http.login_page import LOGIN
from api.pages.assets import FOLDER, Asset

SHELL = Template((FOLDER / "shell.html").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Page:
    """One page: its address, the module that fills it, its title in the browser."""

    path: str
    module: str
    title: str
    section: str = ""
    """Address of the entry of the navigation that it belongs to."""
    styles: Sequence[str] = ()
    public: bool = False
    """Whether it is shown without a login, and so without the header's navigation."""
    installable: bool = False
    """Whether a phone may put it on its home screen."""

    @cached_property
    def script(self) -> Asset:
        return Asset.script(self.module)

    @cached_property
    def style(self) -> Asset:
        name = self.module.removesuffix(".js") + ".css"
        return Asset.style(name, ("desk.css", *self.styles))

    @cached_property
    def html(self) -> str:
        """The whole document."""
        return SHELL.substitute(
            title=html.escape(self.title),
            script=self.script.address,
            style=self.style.address,
            installation=INSTALLATION if self.installable else "",
            navigation="" if self.public else _navigation(self.section or self.path),
            kind="public" if self.public else "own",
        )


ICON = Asset.icon("icon.svg")
PICTURES: Mapping[int, Asset] = {side: Asset.icon(f"icon-{side}.png") for side in (180, 192, 512)}
"""Side in pixels → the same icon for those who take no SVG."""
INSTALLATION = (
    '<link rel="manifest" href="/manifest.webmanifest">\n'
    f'  <link rel="apple-touch-icon" href="{PICTURES[180].address}">\n'
    '  <meta name="theme-color" content="#b4540a">'
)
NAVIGATION = (
    ("/", "К исполнению"),
    ("/board", "Воронка"),
    ("/deals", "Сделки"),
    ("/deals/new", "Новая сделка"),
    ("/team", "Отдел"),
    ("/reports", "Отчёты"),
    ("/lists", "Списки"),
)
FORMS = ("deal/deal.css",)
"""Styles of the elements that the task forms consist of."""
DEALS = ("deals.css",)
"""Styles of the board, the list and the page of a deal."""
PHONE = Page(
    "/phone",
    "phone.js",
    "Следующее дело",
    section="/",
    styles=(*FORMS, "phone.css"),
    installable=True,
)
PAGES = (
    Page("/", "queue.js", "К исполнению"),
    Page("/board", "board.js", "Воронка", styles=DEALS),
    Page("/deals", "deals.js", "Сделки", styles=DEALS),
    Page("/deals/new", "new-deal.js", "Новая сделка", styles=FORMS + DEALS),
    Page("/deals/{deal_id}", "deal.js", "Сделка", section="/deals", styles=FORMS + DEALS),
    Page("/tasks/{task_id}", "task.js", "Задача", section="/", styles=FORMS),
    PHONE,
    Page("/notifications", "notifications.js", "Уведомления"),
    Page("/team", "team.js", "Отдел", styles=FORMS),
    Page("/reports", "reports.js", "Отчёты", styles=(*FORMS, "reports.css")),
    Page("/lists", "lists.js", "Списки и назначения", styles=FORMS),
    Page(LOGIN, "login.js", "Вход", public=True),
)
"""In the order in which addresses are tried."""
ASSETS: Mapping[str, Asset] = {
    asset.name: asset
    for assets in (*((page.script, page.style) for page in PAGES), (ICON, *PICTURES.values()))
    for asset in assets
}
"""Name below /desk/<version>/ → script or style of a page, or an icon."""


def _navigation(current: str) -> str:
    links = []
    for path, name in NAVIGATION:
        mark = ' aria-current="page"' if path == current else ""
        links.append(f'<a href="{path}"{mark}>{name}</a>')
    return "".join(links)
