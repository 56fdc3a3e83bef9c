"""Tells a person, once a day at most, that somebody tries passwords on their account."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from api.auth.throttle import Transactions, account
from api.engine.users import is_service
from api.http import clock
from bpmn.camunda.client.records import Person
from bpmn.camunda.client.rest import EngineError
from db.domain.errors import Unavailable

log = logging.getLogger(__name__)

SUBJECT = "Кто-то пробует войти под вашим именем"
NOTICE = "Кто-то пробует войти под вашим именем: несколько раз введён неверный пароль."
LETTER = """Здравствуйте!

Под вашим логином «{login}» несколько раз подряд ввели неверный пароль. Войти не удалось.

Если это были вы, ничего делать не нужно. Если не вы:
– смените пароль в профиле, если он короткий или подходит к чему-то ещё;
– сообщите администратору портала.

С компьютера или телефона, где вы уже входили, вход работает как обычно. На новом устройстве
может понадобиться подождать несколько минут.
"""


class Directory(Protocol):
    def user(self, user_id: str) -> Person | None:
        """None: no such login. Raises: EngineError."""
        ...


@dataclass(frozen=True)
class LoginAlert:
    directory: Directory
    database: Transactions
    clock: Callable[[], datetime] = clock.now

    def ring(self, login: str) -> None:
        """Never raises: a letter that cannot be written now must not keep anybody from the door.

        Safe to repeat: one letter and one notification per login and day.
        """
        try:
            if not is_service(login) and (person := self.directory.user(login)) is not None:
                self._tell(person)
        except (EngineError, Unavailable) as trouble:
            log.warning("A person could not be told of wrong passwords: %s", trouble)

    def _tell(self, person: Person) -> None:
        key = f"login-attempts-{self.clock().date().isoformat()}"
        with self.database.writing() as store:
            new = store.notifications.add(person.login, key, NOTICE, None)
            if new and person.email:
                message_id = f"<{key}.{account(person.login)}@deals.invalid>"
                body = LETTER.format(login=person.login)
                store.mails.add(message_id, person.login, person.email, SUBJECT, body)
