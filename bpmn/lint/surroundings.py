"""Checks of what a diagram relies on outside itself: names and screens of forms."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from bpmn.lint.finding import Finding
from forms import WEBAPP
from forms.task_forms import Form

SCREENS = WEBAPP / "META-INF/resources/webjars/camunda/app/tasklist/deal/steps/index.js"
SCREEN = re.compile(r"^  (\w{1,60})(?:,|:)", re.MULTILINE)
FORMS_FILE = Path("forms/task_forms.py")


def surroundings(forms: Iterable[Form]) -> Iterator[Finding]:
    """A form has a name of its own and a screen."""
    known = list(forms)
    screens = set(SCREEN.findall(SCREENS.read_text(encoding="utf-8")))
    for name, count in Counter(form.name for form in known).items():
        if count > 1:
            yield Finding(
                FORMS_FILE,
                1,
                name,
                "form_names_unique",
                f"форм с именем {name} несколько: {count}; переименуйте все, кроме одной",
                reason="Развернётся одна из них, какая, не сказать.",
            )
    for form in known:
        if form.step not in screens:
            yield Finding(
                FORMS_FILE,
                1,
                form.name,
                "form_has_screen",
                f"экрана «{form.step}» нет; добавьте его в {SCREENS.name}",
                reason="Форма откроется пустой.",
            )
