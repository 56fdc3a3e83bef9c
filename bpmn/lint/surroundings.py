"""Checks of what a diagram relies on outside itself: groups of the engine, access of the roles,
screens of forms."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from bpmn.camunda.provisioning import identities
from bpmn.lint.finding import Finding
from forms import WEBAPP
from forms.task_forms import Form

SCREENS = WEBAPP / "META-INF/resources/webjars/camunda/app/tasklist/deal/steps/index.js"
SCREEN = re.compile(r"^  (\w{1,60})(?:,|:)", re.MULTILINE)
FORMS_FILE = Path("forms/task_forms.py")
ACCESS_FILE = Path("api/auth/endpoint_permissions.py")
ROLES_FILE = Path("db/catalog/roles.yaml")


def surroundings(
    roles: Collection[str], forms: Iterable[Form], admitted: Collection[str]
) -> Iterator[Finding]:
    """A role of the catalog is a group of the engine and has access; a form has its own name and a
    screen. ``admitted``: roles of the table of permissions."""
    yield from _roles(set(roles), set(admitted))
    yield from _forms(list(forms))


def _roles(roles: set[str], admitted: set[str]) -> Iterator[Finding]:
    groups = set(identities.load_identities().groups)
    places = (
        (
            roles - groups,
            identities.FILE,
            "role_has_group",
            "роли {} нет среди групп движка; добавьте строку в groups",
            "Задачу этой роли никто не увидит.",
        ),
        (
            groups - roles,
            ROLES_FILE,
            "group_is_role",
            "группы движка {} нет среди ролей; добавьте роль или уберите группу",
            "Кто в этой группе, не сможет ничего: каталог такой роли не знает.",
        ),
        (
            roles - admitted,
            ACCESS_FILE,
            "role_has_access",
            "роли {} нет в таблице доступа; добавьте её к LEADERS, HEADS или PERFORMERS",
            "На каждое действие ей ответят отказом.",
        ),
        (
            admitted - roles,
            ACCESS_FILE,
            "access_is_of_role",
            "таблица доступа знает роль {}, а каталог нет; уберите её из таблицы",
            "Права роли, которой нет, достались бы первой группе с таким именем.",
        ),
    )
    for missing, file, rule, message, reason in places:
        for role in sorted(missing):
            yield Finding(file, 1, role, rule, message.format(role), reason=reason)


def _forms(forms: list[Form]) -> Iterator[Finding]:
    screens = set(SCREEN.findall(SCREENS.read_text(encoding="utf-8")))
    for name, count in Counter(form.name for form in forms).items():
        if count > 1:
            yield Finding(
                FORMS_FILE,
                1,
                name,
                "form_names_unique",
                f"форм с именем {name} несколько: {count}; переименуйте все, кроме одной",
                reason="Развернётся одна из них, какая, не сказать.",
            )
    for form in forms:
        if form.step not in screens:
            yield Finding(
                FORMS_FILE,
                1,
                form.name,
                "form_has_screen",
                f"экрана «{form.step}» нет; добавьте его в {SCREENS.name}",
                reason="Форма откроется пустой.",
            )
