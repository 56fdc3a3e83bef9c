"""Printable receipt of a machine that was taken in: HTML without scripts, everything escaped."""

import hashlib
from base64 import b64encode
from html import escape

from api.deals.access import DealContext
from db.domain.clock import BUSINESS_ZONE

STYLE = """
@page{size:A4;margin:18mm}
body{margin:0 auto;max-width:180mm;padding:8mm 4mm;color:#000;background:#fff;
font:11pt/1.4 system-ui,sans-serif}
h1{font-size:16pt;margin:0 0 1mm}
p{margin:0 0 4mm}
table{width:100%;border-collapse:collapse;margin:0 0 6mm}
th,td{border:.3mm solid #777;padding:2mm 3mm;text-align:left;vertical-align:top;
overflow-wrap:anywhere;white-space:pre-line}
th{width:38%;font-weight:600}
td{height:7mm}
.signatures{display:flex;gap:12mm;margin-top:14mm}
.signatures p{flex:1;border-top:.3mm solid #000;padding-top:1mm;font-size:9pt}
@media print{body{padding:0}}
"""
STYLE_HASH = b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cache-Control": "private, no-store",
}
FIELDS = (
    "contactName",
    "contactPhone",
    "counterparty",
    "equipmentType",
    "equipmentModel",
    "serialNumber",
    "equipmentCondition",
    "faultDescription",
    "servicePlace",
)
"""Fields on the receipt; an empty one leaves room to write."""
OPTIONAL = frozenset({"counterparty"})
TERMS = (
    "Техника принята на диагностику и ремонт в указанном состоянии и комплектности. Скрытые "
    "неисправности выясняются при диагностике. Технику выдают по этой квитанции или по паспорту."
)


def receipt_of(context: DealContext) -> str:
    """The page of one deal."""
    deal, taken = context.deal, context.deal.created_at.astimezone(BUSINESS_ZONE)
    rows = []
    for field in context.fields:
        if field.code not in FIELDS:
            continue
        value = deal.values.get(field.code)
        if value is None and field.code in OPTIONAL:
            continue
        text = "" if value is None else context.names.text(field, value, context.store.lists)
        rows.append((FIELDS.index(field.code), field.label, text))
    body = "".join(
        f"<tr><th scope=row>{escape(label)}</th><td>{escape(text)}</td></tr>"
        for _, label, text in sorted(rows)
    )
    manager = escape(context.names.of(deal.manager))
    title = f"Квитанция о приёме {deal.id}"
    return (
        '<!doctype html><html lang="ru"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>"
        f"<h1>{escape(title)}</h1><p>{taken:%d.%m.%Y}, {escape(context.direction.name)}. "
        f"Принял: {manager}.</p><table>{body}</table><p>{TERMS}</p>"
        '<div class="signatures"><p>Клиент: подпись, расшифровка, дата</p>'
        "<p>Принял: подпись, расшифровка, дата</p></div></body></html>"
    )
