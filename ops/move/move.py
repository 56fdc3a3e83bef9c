"""Moves an engine's database to the other distribution: check, back up, change, check again.

The change is one transaction (H2: one rename), so an interrupted move has either not begun or is
done, and the database itself tells which. Repeated, it goes on where it was.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Protocol

from bpmn.camunda.server.distribution import CAMUNDA, OPERATON, Distribution
from db.config.operator_error import OperatorError
from ops.containers.databases import Say
from ops.move.refusals import MoveRefused, MoveUnfinished
from ops.move.survey import State, Survey


class EngineDatabase(Protocol):
    """The tables of a stopped engine."""

    def alone(self) -> AbstractContextManager[None]:
        """Keep everybody else out. Raises: MoveRefused."""

    def survey(self) -> Survey:
        """Read what decides about the move. Raises: MoveRefused."""

    def hand_over(self, source: Distribution, target: Distribution) -> Mapping[str, str]:
        """Change the names, all or none. Returns: the counts. Raises: OperatorError."""


def other_than(distribution: Distribution) -> Distribution:
    """The distribution that a move to ``distribution`` comes from."""
    return CAMUNDA if distribution is OPERATON else OPERATON


def move(
    database: EngineDatabase,
    target: Distribution,
    *,
    backup: Callable[[], str],
    verify: Callable[[], Iterator[str]],
    say: Say,
) -> None:
    """Move ``database`` to ``target``, or finish a move that was interrupted.

    ``backup``: makes a backup, returns its name; ``verify``: starts the target's engine on the
    moved database, yields what to look at, as Russian sentences.

    Raises:
        MoveRefused: something forbids the move; nothing was changed.
        CountsDiffer: the change was rolled back.
        MoveUnfinished: the moved engine does not work; the message names the way back.
        OperatorError: the backup failed; nothing was changed.
    """
    source = other_than(target)
    with database.alone():
        say(f"Проверяю, можно ли перенести движок: {source.title} → {target.title}…")
        survey = database.survey()
        if must_change(survey, source, target):
            say("Делаю резервную копию…")
            say(f"Резервная копия: {backup()}")
            say("Переношу…")
            counts = database.hand_over(source, target)
            say("Перенесено без изменений: " + ", ".join(f"{n} {counts[n]}" for n in REPORTED))
        else:
            say(f"База уже принадлежит {target.title}: перенос сделан раньше, проверяю его.")
        say(f"Запускаю {target.title} на время проверки…")
        for sentence in _verified(verify, source, target):
            say(sentence)
    say(
        f"Готово. Задайте ENGINE_DISTRIBUTION={target.name} в .env и запустите всё. "
        f"Вернуть: move-engine --to {source.name}"
    )


REPORTED = ("процессов", "задач", "таймеров и заданий", "инцидентов", "сотрудников", "прав")


def must_change(survey: Survey, source: Distribution, target: Distribution) -> bool:
    """Tell whether the database is still the source's; False: it is the target's already.

    Raises: MoveRefused if it is nobody's, or may not be moved.
    """
    match survey.state(target, source):
        case State.EMPTY:
            raise MoveRefused("В базе ещё нет движка: переносить нечего.")
        case State.MIXED:
            raise MoveRefused(
                f"В базе следы обоих движков: {target.title} запускали на ней без переноса. "
                "Верните резервную копию, сделанную до этого, и повторите."
            )
        case State.OWN:
            return False
    if obstacles := list(survey.obstacles(source, target)):
        raise MoveRefused("\n".join(["Переносить нельзя, ничего не изменено:", *obstacles]))
    return True


def _verified(
    verify: Callable[[], Iterator[str]], source: Distribution, target: Distribution
) -> Iterator[str]:
    try:
        yield from verify()
    except OperatorError as error:
        raise MoveUnfinished(
            f"Данные перенесены, но {target.title} с ними не работает: {error} Исправьте причину "
            f"и повторите команду или верните движок: move-engine --to {source.name}"
        ) from error
