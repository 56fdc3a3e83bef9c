"""The printable receipt of a machine: what was taken in, for those who may read the deal."""

from tests.integration.api.conftest import Office
from tests.support.builders import a_deal

TAKEN = {
    "contactName": "Мария <script>",
    "contactPhone": "+7 495 123-45-67",
    "equipmentType": "chainsaw",
    "equipmentModel": "P.I.T. GCS46",
    "equipmentCondition": "Без цепи\nцарапина",
}


def test_a_receipt_shows_what_was_taken_in_and_leaves_room(office: Office) -> None:
    deal = office.keep(a_deal(direction="paidService", manager="engineer1", values=TAKEN))

    page = office.person("engineer1").get(f"/deals/{deal}/receipt")

    assert page.status_code == 200
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "style-src 'sha256-" in page.headers["Content-Security-Policy"]
    assert "script-src" not in page.headers["Content-Security-Policy"]
    assert page.headers["Cache-Control"] == "private, no-store"
    for shown in (deal, "Мария &lt;script&gt;", "P.I.T. GCS46", "Пилы цепные", "Имя engineer1"):
        assert shown in page.text
    assert "<th scope=row>Серийный номер</th><td></td>" in page.text
    assert "Контрагент" not in page.text


def test_a_receipt_is_for_the_people_of_the_deal(office: Office) -> None:
    deal = office.keep(a_deal(direction="paidService", manager="engineer1", values=TAKEN))

    assert office.person("manager2").get(f"/deals/{deal}/receipt").status_code == 404
