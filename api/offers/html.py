"""HTML of the clients' page: one file without scripts, everything escaped, styles by hash."""

import hashlib
from base64 import b64encode
from html import escape

from api.repairs.letter import machine_of, sums_of
from db.domain.deals.deal import Deal
from db.domain.steps.offers import CostOffer

STYLE = """
:root{color-scheme:light dark}
body{margin:0 auto;max-width:34rem;padding:1.5rem 1rem;font:1.0625rem/1.5 system-ui,sans-serif}
h1{font-size:1.375rem;line-height:1.25;margin:0 0 1rem}
dl{display:grid;grid-template-columns:auto 1fr;gap:.375rem 1rem;margin:1rem 0}
dt{opacity:.75}dd{margin:0;text-align:right;font-variant-numeric:tabular-nums}
.sum{font-weight:700;opacity:1}
label{display:block;margin-top:1.5rem}
textarea{box-sizing:border-box;width:100%;min-height:4.5rem;font:inherit;padding:.5rem;
margin:.25rem 0 .75rem}
button{display:block;width:100%;min-height:3rem;font:inherit;font-weight:600;border-radius:.5rem;
cursor:pointer}
.yes{background:#1b6e3c;color:#fff;border:1px solid #1b6e3c}
.no{background:transparent;color:inherit;border:1px solid #888}
.quiet{opacity:.75;font-size:.9375rem}
.error{color:#b3261e;font-weight:600}
"""
STYLE_HASH = b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
MOST_WORDS = 1000


def _page(title: str, *parts: str) -> str:
    return (
        '<!doctype html><html lang="ru"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="robots" content="noindex,nofollow">'
        '<meta name="referrer" content="no-referrer">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>"
        f"<body><main><h1>{escape(title)}</h1>{''.join(parts)}</main></body></html>"
    )


def offer_page(offer: CostOffer, deal: Deal, error: str = "", words: str = "") -> str:
    """The cost with both answers."""
    sums = "".join(
        f"<dt{mark}>{escape(label)}</dt><dd{mark}>{escape(text)}</dd>"
        for label, text in sums_of(offer)
        for mark in (' class="sum"' if label == "Всего" else "",)
    )
    fault = str(deal.values.get("diagnosticsResult") or "")
    return _page(
        f"Ремонт: {machine_of(deal)}",
        f'<p class="error" role="alert">{escape(error)}</p>' if error else "",
        f"<p>Мы нашли: {escape(fault)}</p>" if fault else "",
        f"<dl>{sums}</dl>",
        '<form method="post"><button class="yes" name="answer" value="agreed">'
        "Согласен, ремонтируйте</button></form>",
        '<form method="post"><label for="words">Не согласны? Можно написать почему</label>'
        f'<textarea id="words" name="comment" maxlength="{MOST_WORDS}">{escape(words)}</textarea>'
        '<button class="no" name="answer" value="declined">Отказаться от ремонта</button></form>',
        '<p class="quiet">При отказе мы вернём технику без ремонта. Ответ принимается один раз, '
        f"ссылка действует до {offer.expires_at:%d.%m.%Y}.</p>",
    )


def answered_page(agreed: bool) -> str:
    """The answer as it was recorded, also when the form is sent again."""
    if agreed:
        return _page(
            "Спасибо, вы согласились",
            "<p>Начинаем ремонт. Напишем, когда технику можно забрать.</p>",
        )
    return _page(
        "Вы отказались от ремонта",
        "<p>Подготовим технику к возврату и напишем, когда её можно забрать. Если вы передумали, "
        "позвоните в сервисный центр.</p>",
    )


def void_page() -> str:
    """The same for an unknown, replaced and expired link."""
    return _page(
        "Ссылка не действует",
        "<p>Она устарела, заменена новой или введена не полностью. Откройте последнее письмо от "
        "нас или позвоните в сервисный центр.</p>",
    )


def busy_page() -> str:
    """For a network that tried too many links, and while the answer cannot be stored."""
    return _page(
        "Сейчас не получилось",
        "<p>Ответ не записан. Попробуйте ещё раз через несколько минут или позвоните в сервисный "
        "центр.</p>",
    )
