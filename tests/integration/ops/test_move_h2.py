"""An embedded engine's H2 file is copied, changed and renamed, by the same statements."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from bpmn.camunda.server.distribution import CAMUNDA, OPERATON
from bpmn.camunda.server.jars import fetch
from bpmn.camunda.server.launcher import find_java
from bpmn.camunda.server.settings import EngineSettings
from ops.move.h2 import H2Database
from ops.move.move import must_change
from ops.move.refusals import MoveRefused
from tests.support.engine.tables import create_script, rows_of_a_company

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def jar() -> Path:
    (found,) = (
        path
        for path in fetch(EngineSettings(_env_file=None, distribution="camunda"))
        if path.name.startswith("h2-")
    )
    return found


def run(jar: Path, file: Path, script: str) -> None:
    (path := file.with_name("fixture.sql")).write_text(script, encoding="utf-8")
    url = f"jdbc:h2:file:{str(file).removesuffix('.mv.db')}"
    tool = ["org.h2.tools.RunScript", "-url", url, "-user", "sa", "-script", str(path)]
    subprocess.run([str(find_java()), "-cp", str(jar), *tool], check=True, timeout=120)
    path.unlink()


def dump(jar: Path, file: Path) -> Sequence[str]:
    """Every row and statement that would make the database anew, sorted."""
    url, target = f"jdbc:h2:file:{str(file).removesuffix('.mv.db')}", file.with_name("dump.sql")
    tool = ["org.h2.tools.Script", "-url", url, "-user", "sa", "-script", str(target)]
    subprocess.run([str(find_java()), "-cp", str(jar), *tool], check=True, timeout=120)
    text = target.read_text(encoding="utf-8")
    target.unlink()
    return sorted(line.strip().rstrip(",; ") for line in text.splitlines())


@pytest.fixture
def directory(jar: Path, tmp_path: Path) -> Path:
    script = create_script("h2") + rows_of_a_company("h2")
    run(jar, tmp_path / CAMUNDA.h2_file, script)
    return tmp_path


def names(directory: Path) -> set[str]:
    return {path.name for path in directory.iterdir()}


def test_a_file_is_moved_and_back_to_every_row(jar: Path, directory: Path) -> None:
    before = dump(jar, directory / CAMUNDA.h2_file)
    there, back = H2Database(directory, jar, CAMUNDA), H2Database(directory, jar, OPERATON)

    assert must_change(there.survey(), CAMUNDA, OPERATON)
    counts = there.hand_over(CAMUNDA, OPERATON)

    assert names(directory) == {OPERATON.h2_file}
    assert (counts["прав"], counts["задач"]) == ("4", "1")
    moved = "\n".join(dump(jar, directory / OPERATON.h2_file))
    assert "('admin', 'operaton-admin')" in moved
    assert "camunda.installation" not in moved
    assert must_change(back.survey(), OPERATON, CAMUNDA)
    back.hand_over(OPERATON, CAMUNDA)
    assert names(directory) == {CAMUNDA.h2_file}
    assert dump(jar, directory / CAMUNDA.h2_file) == before


def test_obstacles_are_found_in_the_file(jar: Path, directory: Path) -> None:
    run(
        jar,
        directory / CAMUNDA.h2_file,
        "INSERT INTO ACT_RU_VARIABLE (ID_, REV_, TYPE_, NAME_, VAR_SCOPE_)"
        " VALUES ('v2', 1, 'xml', 'goods', 'e1');"
        "UPDATE ACT_GE_BYTEARRAY SET BYTES_ = STRINGTOUTF8('<x class=\"org.camunda.bpm.X\"/>');",
    )
    content = (directory / CAMUNDA.h2_file).read_bytes()

    with pytest.raises(MoveRefused) as refusal:
        must_change(H2Database(directory, jar, CAMUNDA).survey(), CAMUNDA, OPERATON)

    assert "goods (xml, 1)" in str(refusal.value)
    assert "called:1, deal:1" in str(refusal.value)
    assert (directory / CAMUNDA.h2_file).read_bytes() == content


def test_a_move_interrupted_between_the_files_is_repeated(jar: Path, directory: Path) -> None:
    """Both files are there, and no engine starts on two: the source's is still the truth."""
    before = (directory / CAMUNDA.h2_file).read_bytes()
    H2Database(directory, jar, CAMUNDA).hand_over(CAMUNDA, OPERATON)
    moved = dump(jar, directory / OPERATON.h2_file)
    (directory / CAMUNDA.h2_file).write_bytes(before)

    database = H2Database(directory, jar, CAMUNDA)
    assert must_change(database.survey(), CAMUNDA, OPERATON)
    database.hand_over(CAMUNDA, OPERATON)

    assert names(directory) == {OPERATON.h2_file}
    assert dump(jar, directory / OPERATON.h2_file) == moved


def test_a_file_that_the_move_replaces_is_kept(jar: Path, directory: Path) -> None:
    """Somebody put the backup of an earlier move back, and the moved file has worked since."""
    before = (directory / CAMUNDA.h2_file).read_bytes()
    H2Database(directory, jar, CAMUNDA).hand_over(CAMUNDA, OPERATON)
    run(jar, directory / OPERATON.h2_file, "INSERT INTO ACT_ID_USER (ID_, REV_) VALUES ('new', 1)")
    worked = (directory / OPERATON.h2_file).read_bytes()
    (directory / CAMUNDA.h2_file).write_bytes(before)
    database = H2Database(directory, jar, CAMUNDA)

    kept = [Path(name) for name in database.backup().split(", ")]
    database.hand_over(CAMUNDA, OPERATON)

    assert [path.read_bytes() for path in kept] == [before, worked]


def test_what_a_killed_move_left_is_removed(jar: Path, directory: Path) -> None:
    (directory / ".move-abc").mkdir()
    (directory / ".move-abc" / CAMUNDA.h2_file).write_bytes(b"a copy")
    (directory / "before-move-2026-11-28T100000Z-camunda.mv.part").write_bytes(b"half")

    with H2Database(directory, jar, CAMUNDA).alone():
        pass

    assert names(directory) == {CAMUNDA.h2_file}


def test_a_file_that_a_jvm_has_open_is_refused(jar: Path, directory: Path) -> None:
    """Copied while it is written to, it would be torn, and then the original removed."""
    database, file = H2Database(directory, jar, CAMUNDA), directory / CAMUNDA.h2_file
    url = f"jdbc:h2:file:{str(file).removesuffix('.mv.db')}"
    tool = ["org.h2.tools.Shell", "-url", url, "-user", "sa"]
    with subprocess.Popen(
        [str(find_java()), "-cp", str(jar), *tool],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as shell:
        assert shell.stdin is not None
        assert shell.stdout is not None
        shell.stdin.write("SELECT 'is ' || 'open';\n")
        shell.stdin.flush()
        assert any("is open" in line for line in shell.stdout)
        with pytest.raises(MoveRefused, match="держит движок"), database.alone():
            pass
        shell.stdin.write("exit\n")

    with database.alone():
        pass


def test_the_backup_is_the_file(jar: Path, directory: Path) -> None:
    copied = Path(H2Database(directory, jar, CAMUNDA).backup())

    assert copied.read_bytes() == (directory / CAMUNDA.h2_file).read_bytes()
    assert copied.name.startswith("before-move-")


def test_a_moved_file_is_known_and_an_absent_one_refused(jar: Path, directory: Path) -> None:
    H2Database(directory, jar, CAMUNDA).hand_over(CAMUNDA, OPERATON)
    database = H2Database(directory, jar, CAMUNDA)

    assert not must_change(database.survey(), CAMUNDA, OPERATON)
    (directory / OPERATON.h2_file).unlink()
    with pytest.raises(MoveRefused, match="переносить нечего"):
        database.survey()


def test_a_file_that_is_no_database_is_refused_and_kept(jar: Path, directory: Path) -> None:
    (directory / CAMUNDA.h2_file).write_bytes(b"broken")

    with pytest.raises(MoveRefused, match="не читается"):
        H2Database(directory, jar, CAMUNDA).survey()

    assert (directory / CAMUNDA.h2_file).read_bytes() == b"broken"
    assert names(directory) == {CAMUNDA.h2_file}
