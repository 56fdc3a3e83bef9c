"""Warns a person, at most once a day, about repeated wrong passwords for their login."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from api.auth.login_throttle import canonical_login
from api.engine.users import is_service
from api.http import clock
from bpmn.camunda.client.records import Person
from bpmn.camunda.client.rest import Engine, EngineError
from db.domain.errors import Unavailable
from db.store.database import Database

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


@dataclass(frozen=True)
class LoginAlert:
    """Sends the warning as a notification and, if the person has an address, as an e-mail."""

    engine: Engine
    database: Database
    clock: Callable[[], datetime] = clock.now

    def send(self, login: str) -> None:
        """Never raises: a failed warning must not prevent a login.

        Safe to repeat because notification and e-mail have one key per login and day.
        """
        try:
            if not is_service(login) and (person := self.engine.user(login)) is not None:
                self._warn(person)
        except (EngineError, Unavailable) as trouble:
            log.warning("no warning about wrong passwords could be sent: %s", trouble)

    def _warn(self, person: Person) -> None:
        key = f"login-attempts-{self.clock().date().isoformat()}"
        with self.database.writing() as store:
            new = store.notifications.add(person.login, key, NOTICE, None)
            if new and person.email:
                message_id = f"<{key}.{canonical_login(person.login)}@deals.invalid>"
                body = LETTER.format(login=person.login)
                store.mails.add(message_id, person.login, person.email, SUBJECT, body)
