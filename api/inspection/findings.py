"""Findings of the inspection, and the Russian sentence for each."""

from enum import StrEnum


class Finding(StrEnum):
    """Reasons for refusing a file, as codes for API clients."""

    DAMAGED = "damaged"
    OTHER_KIND = "otherKind"
    ENCRYPTED = "encrypted"
    SCRIPTS = "scripts"
    EMBEDDED_FILES = "embeddedFiles"
    OUTSIDE_LINKS = "outsideLinks"
    TOO_COMPLEX = "tooComplex"
    TOO_MANY_PIXELS = "tooManyPixels"


class Suspect(Exception):
    """Raised by an inspector that refuses the file."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding)
        self.finding = finding


SENTENCES = {
    Finding.DAMAGED: (
        "Файл «{name}» повреждён или передан не целиком: открыть его не удалось. "
        "Сохраните документ заново и приложите ещё раз."
    ),
    Finding.OTHER_KIND: (
        "Содержимое файла «{name}» не соответствует его расширению. "
        "Сохраните документ заново в нужном виде и приложите ещё раз."
    ),
    Finding.ENCRYPTED: (
        "Файл «{name}» зашифрован или защищён паролем. Сохраните его без защиты "
        "(например, «Печать» → «Сохранить как PDF») и приложите ещё раз."
    ),
    Finding.SCRIPTS: (
        "В файле «{name}» есть сценарии или макросы. Сохраните PDF без сценариев («Печать» → "
        "«Сохранить как PDF»), документ Word или Excel без макросов, и приложите ещё раз."
    ),
    Finding.EMBEDDED_FILES: (
        "В файл «{name}» вложены другие файлы. Приложите их отдельно, а сам документ сохраните "
        "без вложений («Печать» → «Сохранить как PDF»)."
    ),
    Finding.OUTSIDE_LINKS: (
        "Файл «{name}» при открытии загружает другие файлы по сети (шаблон, рисунок или книгу). "
        "Разорвите связи или сохраните его в PDF и приложите ещё раз."
    ),
    Finding.TOO_COMPLEX: (
        "Файл «{name}» слишком велик внутри или слишком сложно устроен. "
        "Сохраните его в PDF («Печать» → «Сохранить как PDF») и приложите ещё раз."
    ),
    Finding.TOO_MANY_PIXELS: (
        "В изображении «{name}» больше {megapixels} мегапикселей. "
        "Отсканируйте или сохраните его с меньшим разрешением и приложите ещё раз."
    ),
}
