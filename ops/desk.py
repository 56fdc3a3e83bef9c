"""The embedded suite's commands: start it, stop it, forget it, play the demo through it."""

import json
import os
import shutil
import sys

from ops.suite import LOOPBACK, Suite, SuiteSettings, is_free, python, say
from ops.supervisor import AlreadyRuns, alone, running, terminate


def up(settings: SuiteSettings) -> None:
    """Start the suite and keep it running."""
    if settings.demo and settings.host not in LOOPBACK:
        raise SystemExit(
            "С показательными сотрудниками можно слушать только свой компьютер (127.0.0.1). "
            "Для компании задайте DEMO=false."
        )
    os.umask(0o077)  # deals, passports and passwords: for nobody else on this machine
    try:
        with alone(settings.data_dir / "up.lock"):
            _up_alone(settings)
    except AlreadyRuns:
        known = json.loads(settings.state.read_text()) if settings.state.exists() else {}
        address = known.get("addresses", {}).get("front", "запускается")
        raise SystemExit(f"Уже работает: {address}. Остановить: make down") from None


def _up_alone(settings: SuiteSettings) -> None:
    left = running(settings.state)
    left.pop("supervisor", None)  # its number belongs to somebody else now: the lock is ours
    for name, pid in left.items():
        say(f"Останавливаю оставшийся от прошлого запуска процесс: {name}")
        terminate(pid, 20)
    if not is_free(settings.host, settings.port):
        raise SystemExit(f"Порт {settings.port} занят. Выберите другой: make up PORT=8001")
    Suite(settings).up()


def down(settings: SuiteSettings) -> None:
    """Stop a suite that runs elsewhere on this machine."""
    left = running(settings.state)
    if not left:
        say("Ничего не запущено.")
        return
    order = [left.pop("supervisor")] if "supervisor" in left else []
    for pid in [*order, *left.values()]:
        terminate(pid, 90)
    settings.state.unlink(missing_ok=True)
    say("Остановлено.")


def reset(settings: SuiteSettings, sure: bool) -> None:
    """Forget all data of the embedded suite."""
    if not settings.data_dir.exists():
        say("Удалять нечего.")
        return
    if running(settings.state):
        raise SystemExit("Сначала остановите: make down")
    if not sure and not _confirmed(f"Удалить все сделки, файлы и историю в {settings.data_dir}?"):
        raise SystemExit("Ничего не удалено.")
    shutil.rmtree(settings.data_dir)
    say("Данные удалены. make up начнёт с чистого листа.")
    if settings.database_url:
        say("База из DATABASE_URL не тронута: её очищает администратор баз данных.")


def _confirmed(question: str) -> bool:
    try:
        return input(f"{question} Напишите «да»: ").strip().lower() == "да"
    except EOFError:  # nobody is there to answer
        print()
        return False


def demo(settings: SuiteSettings) -> None:
    """Play a made-up company through the running suite."""
    addresses = addresses_of(settings)
    arguments = ["--url", addresses["front"], "--onec", addresses["onec"]]
    os.execv(
        sys.executable,
        python("-m", "tests.scenario", *arguments, "--password", settings.demo_password),
    )


def addresses_of(settings: SuiteSettings) -> dict[str, str]:
    """Where the parts of the suite that runs here answer."""
    if "supervisor" not in running(settings.state):
        raise SystemExit("Сначала запустите в другом окне: make up")
    return dict(json.loads(settings.state.read_text())["addresses"])
