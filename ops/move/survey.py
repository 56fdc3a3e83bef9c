"""Facts about an engine's database that decide whether it can be moved; one query each.

The queries are valid for PostgreSQL and H2.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from bpmn.camunda.server.distribution import CAMUNDA, OPERATON, Distribution

Rows = Sequence[tuple[str, ...]]

SCHEMA = "7.24.0"
"""The only version of the engine's tables that both distributions have."""
PORTABLE = (
    "boolean",
    "bytes",
    "date",
    "double",
    "file",
    "integer",
    "json",
    "long",
    "null",
    "short",
    "string",
)
"""Types of variables that the engine reads without a plugin and without Java classes; `json` of
earlier releases is renamed to `bytes` when an engine of this one starts."""
SHOWN = 5  # names in a sentence

OF_GROUPS = "(2, 3)"
"""Types of the resources «group» and «group membership» in authorizations: both name a group."""

_PORTABLE = ", ".join(f"'{name}'" for name in PORTABLE)
_ADMINISTRATORS = f"('{CAMUNDA.administrators}', '{OPERATON.administrators}')"
FACTS: Mapping[str, str] = {
    "properties": "SELECT NAME_ FROM ACT_GE_PROPERTY",
    "groups": "SELECT ID_ FROM ACT_ID_GROUP",
    "rights": (
        f"SELECT GROUP_ID_ FROM ACT_RU_AUTHORIZATION WHERE GROUP_ID_ IN {_ADMINISTRATORS}"
        f" UNION SELECT RESOURCE_ID_ FROM ACT_RU_AUTHORIZATION WHERE RESOURCE_TYPE_ IN {OF_GROUPS}"
        f" AND RESOURCE_ID_ IN {_ADMINISTRATORS}"
    ),
    "schema": "SELECT VERSION_ FROM ACT_GE_SCHEMA_LOG",
    "batches": "SELECT TYPE_, ID_ FROM ACT_RU_BATCH ORDER BY 1, 2",
    "values": (
        "SELECT TYPE_, NAME_, CAST(COUNT(*) AS VARCHAR) FROM ACT_RU_VARIABLE"
        f" WHERE TYPE_ NOT IN ({_PORTABLE}) GROUP BY TYPE_, NAME_ ORDER BY 1, 2"
    ),
    "orphans": (
        "SELECT d.KEY_ FROM ACT_RE_PROCDEF d WHERE NOT EXISTS (SELECT 1 FROM ACT_GE_BYTEARRAY b"
        " WHERE b.DEPLOYMENT_ID_ = d.DEPLOYMENT_ID_ AND b.NAME_ = d.RESOURCE_NAME_) ORDER BY 1"
    ),
}
MODELS = (
    "SELECT d.KEY_, CAST(d.VERSION_ AS VARCHAR), {hex}"
    " FROM ACT_RE_PROCDEF d JOIN ACT_GE_BYTEARRAY b"
    " ON b.DEPLOYMENT_ID_ = d.DEPLOYMENT_ID_ AND b.NAME_ = d.RESOURCE_NAME_"
    " WHERE d.VERSION_ = (SELECT MAX(n.VERSION_) FROM ACT_RE_PROCDEF n WHERE n.KEY_ = d.KEY_)"
    " OR EXISTS (SELECT 1 FROM ACT_RU_EXECUTION e WHERE e.PROC_DEF_ID_ = d.ID_) ORDER BY 1, 2"
)
"""Diagrams in use as hexadecimal text; ``{hex}``: the database's expression for ``b.BYTES_``."""

COUNTS: Mapping[str, str] = {
    "процессов": "ACT_RU_EXECUTION WHERE PARENT_ID_ IS NULL",
    "вызванных процессов": "ACT_RU_EXECUTION WHERE SUPER_EXEC_ IS NOT NULL",
    "ожиданий": "ACT_RU_EXECUTION",
    "задач": "ACT_RU_TASK",
    "системных шагов": "ACT_RU_EXT_TASK",
    "таймеров и заданий": "ACT_RU_JOB",
    "приостановленных заданий": "ACT_RU_JOB WHERE SUSPENSION_STATE_ = 2",
    "инцидентов": "ACT_RU_INCIDENT",
    "подписок на события": "ACT_RU_EVENT_SUBSCR",
    "переменных": "ACT_RU_VARIABLE",
    "кандидатов задач": "ACT_RU_IDENTITYLINK",
    "схем": "ACT_RE_PROCDEF",
    "таблиц решений": "ACT_RE_DECISION_DEF",
    "ресурсов": "ACT_GE_BYTEARRAY",
    "сотрудников": "ACT_ID_USER",
    "групп": "ACT_ID_GROUP",
    "участников групп": "ACT_ID_MEMBERSHIP",
    "прав": "ACT_RU_AUTHORIZATION",
    "фильтров": "ACT_RU_FILTER",
    "процессов в истории": "ACT_HI_PROCINST",
    "шагов в истории": "ACT_HI_ACTINST",
    "задач в истории": "ACT_HI_TASKINST",
    "переменных в истории": "ACT_HI_VARINST",
    "изменений в истории": "ACT_HI_DETAIL",
    "действий в журнале": "ACT_HI_OP_LOG",
    "комментариев": "ACT_HI_COMMENT",
    "вложений": "ACT_HI_ATTACHMENT",
}
"""What must be as many after the move as before: name → what to count."""


def counting() -> str:
    """One query that returns a row (name, count) for each of `COUNTS`."""
    return " UNION ALL ".join(
        f"SELECT '{name}', CAST(COUNT(*) AS VARCHAR) FROM {what}" for name, what in COUNTS.items()
    )


class State(Enum):
    """Owner of an engine database, seen from the distribution that wants to use it."""

    EMPTY = auto()
    FOREIGN = auto()
    """Of the other distribution: can be moved."""
    OWN = auto()
    MIXED = auto()
    """Both have written into it, so nobody knows whose rights are valid."""


@dataclass(frozen=True)
class Survey:
    """Answers to `FACTS` and `MODELS`."""

    facts: Mapping[str, Rows]
    models: Rows = ()

    def names(self, fact: str) -> set[str]:
        return {row[0] for row in self.facts[fact]}

    def state(self, wanted: Distribution, present: Distribution) -> State:
        """Tell whether the database is ``wanted``'s already, or still ``present``'s."""
        known = self.names("properties")
        own, foreign = wanted.installation in known, present.installation in known
        if not (own or foreign):  # beside one, a group proves nothing: people make groups
            known = self.names("groups")
            own, foreign = wanted.administrators in known, present.administrators in known
        match own, foreign:
            case True, True:
                return State.MIXED
            case True, False:
                return State.OWN
            case False, True:
                return State.FOREIGN
        return State.EMPTY

    def obstacles(self, source: Distribution, target: Distribution) -> Iterator[str]:
        """Yield what forbids the move to ``target``, each as a Russian sentence."""
        if target.administrators in self.names("groups"):
            yield (
                f"Группу {target.administrators} кто-то завёл сам: после переноса её участники "
                "стали бы администраторами движка. Удалите её в Admin."
            )
        elif target.administrators in self.names("rights"):
            yield (
                f"Есть права группы {target.administrators} или на неё, хотя самой группы нет. "
                "Удалите их в Admin."
            )
        if wrong := self._other_schema():
            yield (
                f"Таблицы движка версии {wrong}, а переносится только {SCHEMA}: сначала обновите "
                "движок (или верните выпуск, который их создал)."
            )
        if batches := self.facts["batches"]:
            yield (
                f"Не завершены пакетные операции движка ({len(batches)}): "
                f"{_some(f'{kind} {id_}' for kind, id_ in batches)}. Дождитесь их конца или "
                "удалите их в Cockpit."
            )
        if values := self.facts["values"]:
            yield (
                "У идущих процессов есть переменные, которые читаются только прежними классами "
                f"Java или дополнением Spin: {_some(_described(*row) for row in values)}. "
                "Замените их строками или завершите эти процессы."
            )
        if orphans := self.facts["orphans"]:
            yield (
                f"Развёртывание не завершено, нет файлов схем: {_some(row[0] for row in orphans)}. "
                "Разверните схемы снова."
            )
        if bound := list(self._naming(source.administrators)):
            yield (
                f"Схемы называют группу {source.administrators}, которой после переноса не будет, "
                f"и новые задачи не увидел бы никто: {_some(bound)}. Назовите в них роль "
                "сотрудников, разверните и завершите или перенесите процессы на новую версию."
            )
        if bound := list(self._naming(_packages(source))):
            yield (
                f"Схемы называют классы {_packages(source)}*: {_some(bound)}. "
                "Разверните их без этих классов и завершите или перенесите процессы на новую "
                "версию."
            )

    def _other_schema(self) -> str | None:
        newest = max(self.names("schema"), key=_numbers, default="неизвестной")
        return None if newest == SCHEMA else newest

    def _naming(self, word: str) -> Iterator[str]:
        for key, version, content in self.models:
            if word.encode() in bytes.fromhex(content):
                yield f"{key}:{version}"


def _packages(distribution: Distribution) -> str:
    """Beginning of the names of all Java classes of a distribution, its plugins included."""
    return distribution.package.removesuffix("bpm")


def _numbers(version: str) -> list[int]:
    return [int(part) if part.isdigit() else 0 for part in version.split(".")]


def _described(kind: str, name: str, count: str) -> str:
    return f"{name} ({kind}, {count})"


def _some(names: "Iterator[str] | Sequence[str]") -> str:
    found = list(names)
    more = f" и ещё {len(found) - SHOWN}" if len(found) > SHOWN else ""
    return ", ".join(found[:SHOWN]) + more
