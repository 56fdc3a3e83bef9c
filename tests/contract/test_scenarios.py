"""The delivered scenarios fit diagrams and catalog; a mistake in one is told with its line."""

from pathlib import Path

import pytest

from ops.scenarios.scenario import (
    FOLDER,
    MAX_BYTES,
    InvalidScenario,
    Known,
    known,
    problems,
    read_scenario,
    scenario_files,
)

MODEL = FOLDER / "repair-declined.yaml"
WHO = "who: engineer1, task: Task_CallClient"
FAULTS = {
    "unknown key": ("direction: paid", "drection: paid", "ключа «drection» нет; похожее имя"),
    "unknown direction": ("paidService", "paidServise", "похожее имя: paidService"),
    "unknown person": (WHO, WHO.replace("engineer1", "engineer9"), "сотрудника «engineer9» нет"),
    "unknown task": (WHO, WHO.replace("Client", "Clients"), "похожее имя: Task_CallClient"),
    "unknown stage": ("stage: costApproval", "stage: costAproval", "похожее имя: costApproval"),
    "unknown field": ("serialNumber:", "serial:", "поля у направления paidService «serial» нет"),
    "no file field": ("[handoverAct]", "[usedParts]", "поля-файла у направления"),
    "not sent by the form": ("reason: Дорого", "comment: Дорого", "Task_CallClient «comment» нет"),
    "two actions": (
        "- stage: costApproval",
        "- {stage: costApproval, timer: X}",
        "ровно один из ключей",
    ),
    "no action": ("- stage: costApproval", "- {who: engineer1}", "ровно один из ключей"),
    "unknown timer": ("- stage: costApproval", "- timer: Event_No", "таймера «Event_No» нет"),
    "number from nowhere": ("reason: Дорого", 'reason: "{contract}"', "поставьте выше шаг «onec»"),
    "a fraction": ('"1800.00"', "1800.00", "возьмите его в кавычки"),
    "a date": ("reason: Дорого", "reason: 2026-11-27", "возьмите его в кавычки"),
    "not the end": ("end: refused", "end: repair", "дойти до конца"),
    "unknown step of the way": (
        "end: refused",
        "end: refused\n  way: {cost-agreement: {Task_Call: 1}}",
        "шага на схеме cost-agreement «Task_Call» нет",
    ),
    "a count as text": (
        "end: refused",
        'end: refused\n  way: {cost-agreement: {Task_CallClient: "2"}}',
        "нужно целое число",
    ),
    "a loss without reason": (
        "- stage: costApproval",
        "- {who: engineer1, move: refused}",
        "назовите причину",
    ),
    "a key twice": ("end: refused", "end: refused\n  end: refused", "ключ повторяется"),
    "an anchor": ("steps:", "steps: &a", "якорей и ссылок (& и *) здесь не бывает"),
    "broken YAML": ("reason: Дорого}", "reason: Дорого", "проверьте отступы"),
    "an endless number": (
        "reason: Дорого",
        f"reason: {'9' * 5000}",
        "значение в файле не читается",
    ),
    "an endless nesting": (
        "reason: Дорого",
        f"reason: {'[' * 3000}",
        "значение в файле не читается",
    ),
}


@pytest.fixture(scope="module")
def among() -> Known:
    return known()


def test_the_delivered_scenarios_fit_diagrams_and_catalog(among: Known) -> None:
    paths = scenario_files()

    assert len(paths) >= 3
    assert list(problems(paths, among)) == []


@pytest.mark.parametrize("fault", FAULTS)
def test_a_mistake_is_told_in_russian_with_its_line(
    among: Known, tmp_path: Path, fault: str
) -> None:
    right, wrong, words = FAULTS[fault]
    text = MODEL.read_text(encoding="utf-8")
    assert right in text
    path = tmp_path / "wrong.yaml"
    path.write_text(text.replace(right, wrong, 1), encoding="utf-8")

    with pytest.raises(InvalidScenario) as told:
        read_scenario(path, among)

    assert words in str(told.value)
    assert str(told.value).startswith(f"{path.as_posix()}:")


def test_a_mistake_has_the_line_of_its_value(among: Known, tmp_path: Path) -> None:
    text = MODEL.read_text(encoding="utf-8").replace("stage: costApproval", "stage: nowhere")
    line = text[: text.index("stage: nowhere")].count("\n") + 1
    path = tmp_path / "wrong.yaml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(InvalidScenario, match=f"wrong.yaml:{line}: стадии у направления"):
        read_scenario(path, among)


def test_a_file_without_measure_is_refused_unread(among: Known, tmp_path: Path) -> None:
    path = tmp_path / "long.yaml"
    path.write_text("#" * (MAX_BYTES + 1))

    with pytest.raises(InvalidScenario, match="файл больше 64 КиБ"):
        read_scenario(path, among)
