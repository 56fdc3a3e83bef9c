"""The command `manage.py scenario`: check, play and record scenarios on the running local stack."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

from bpmn.camunda.client.rest import Engine
from bpmn.camunda.server.settings import EngineSettings, secrets_of
from ops.demo.deal import DealStory
from ops.demo.simulator import NoSimulator, refuse_real_onec
from ops.local.commands import addresses_of
from ops.local.settings import SuiteSettings
from ops.local.stack import known_database, say
from ops.scenarios import coverage
from ops.scenarios.player import Player, ScenarioFailed
from ops.scenarios.recording import Recorder
from ops.scenarios.scenario import (
    FOLDER,
    Known,
    Scenario,
    known,
    problems,
    read_scenario,
    scenario_files,
)
from ops.scenarios.way import Walks

PAGE = Path("out") / "scenarios.html"


def scenario(settings: SuiteSettings, action: str, names: Sequence[str], to: Path | None) -> None:
    """Check, play or record scenarios: YAML files that play a deal through the diagrams."""
    if action == "record":
        _record(settings, names, to)
        return
    among, paths = known(), _paths(names)
    if found := list(problems(paths, among)):
        found.append(f"Сценарии не готовы, файлов с замечаниями: {len(found)}")
        raise SystemExit("\n".join(found))
    if action == "check":
        say(f"Сценарии согласованы со схемами и каталогом: {len(paths)}")
        return
    _play(settings, [read_scenario(path, among) for path in paths], among, to or PAGE)


def _paths(names: Sequence[str]) -> list[Path]:
    """The named files, by path or by name without the ending; without names all."""
    if not names:
        return scenario_files()
    given = [Path(name) for name in names]
    return [one if one.suffix else FOLDER / f"{one.name}.yaml" for one in given]


def _play(settings: SuiteSettings, scenarios: Sequence[Scenario], among: Known, to: Path) -> None:
    if not settings.demo:
        raise SystemExit("Сценарии играют показные сотрудники, а комплект запущен с DEMO=false.")
    addresses = addresses_of(settings)
    parts = urlsplit(addresses["onec"])
    onec = f"{parts.scheme}://{parts.netloc}"
    try:
        refuse_real_onec(onec)
    except NoSimulator as error:
        raise SystemExit(str(error)) from error
    failed, gone = [], list[Walks]()
    with _engine(settings, addresses["engine"]) as engine:
        people = DealStory(addresses["front"], settings.demo_password, say).people
        for one in scenarios:
            story = DealStory(addresses["front"], settings.demo_password, say, people)
            player = Player(one, story, onec, engine, among.diagrams, say)
            try:
                gone.append(player.play())
            except ScenarioFailed as error:
                say(str(error))
                failed.append(one.path.name)
    whole = coverage.merged(gone)
    to.parent.mkdir(parents=True, exist_ok=True)
    played = [one.name for one in scenarios if one.path.name not in failed]
    to.write_text(coverage.page(among.diagrams, whole, played), encoding="utf-8")
    for line in coverage.summary(among.diagrams, whole):
        say(line)
    say(f"Картинка покрытия: {to}")
    if failed:
        raise SystemExit(f"Не прошли: {', '.join(failed)}")
    say(f"Прошли все сценарии: {len(scenarios)}")


def _record(settings: SuiteSettings, names: Sequence[str], to: Path | None) -> None:
    if not settings.demo:
        raise SystemExit(
            "Записывать можно только показные сделки: в сценарий попадает вся карточка, и данных "
            "настоящих клиентов в нём быть не должно."
        )
    if len(names) != 1:
        raise SystemExit("Назовите одну законченную сделку: manage.py scenario record D-2026-00001")
    deal_id = names[0]
    target = to or FOLDER / f"{deal_id}.yaml"
    if target.exists():
        raise SystemExit(f"Файл {target} уже есть. Назовите другой: --to имя.yaml")
    database = known_database(settings)
    with database.reading() as store:
        deal = store.deals.get(deal_id)
        history = store.history.of(deal_id, limit=10_000)
    with _engine(settings, addresses_of(settings)["engine"]) as engine:
        direction = database.catalog.directions[deal.direction]
        text = Recorder(deal_id, direction, history, engine, known()).text(target.stem)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")
    say(f"Записано: {target}. Проиграть: manage.py scenario play {target}")


def _engine(settings: SuiteSettings, address: str) -> "closing[Engine]":
    given = EngineSettings(data_dir=settings.data_dir / "engine")
    return closing(Engine(f"{address}/engine-rest", given.admin_user, secrets_of(given).admin))
