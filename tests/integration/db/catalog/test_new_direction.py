"""A new direction is one new file of the catalog."""

import shutil
from pathlib import Path

from db.catalog import load_catalog
from db.catalog.loading import OWN_DIRECTORY
from db.domain.deals.stages import move
from tests.support.builders import NOW, a_deal

RENTAL = """\
code: rental
name: Прокат инструмента
order: 14
managers: salesManagers
heads: salesHeads
fields: [equipmentType, salesPoint, orderAmount, paymentMethod, deliveryAddress]
stages:
  booking:
    name: Бронирование
    sla: 4h
    next: [rented, cancelled]
  rented:
    name: Выдано в прокат
    sla: 40h
    next: [returned, cancelled]
    required: [equipmentType]
  returned:
    name: Возвращено
    outcome: won
  cancelled:
    name: Отменено
    outcome: lost
"""


def test_a_fourteenth_direction_is_one_file(tmp_path: Path) -> None:
    shutil.copytree(OWN_DIRECTORY, tmp_path / "catalog")
    (tmp_path / "catalog/directions/rental.yaml").write_text(RENTAL, encoding="utf-8")

    catalog = load_catalog(tmp_path / "catalog")

    assert len(catalog.directions) == 14
    rental = catalog.directions["rental"]
    assert rental.process == "deal"
    assert rental.first_stage.activity == "Task_WorkDeal"
    deal = a_deal(direction="rental", stage="rented")
    assert move(catalog, deal, "returned", at=NOW)
    assert not deal.is_open
