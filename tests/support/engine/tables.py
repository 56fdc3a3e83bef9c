"""The engine's own tables without an engine: made by the scripts in its jar, a few rows in them."""

import zipfile

import psycopg

from bpmn.camunda.server.distribution import CAMUNDA, Distribution
from bpmn.camunda.server.jars import fetch
from bpmn.camunda.server.settings import EngineSettings

PARTS = (
    "engine",
    "identity",
    "history",
    "case.engine",
    "case.history",
    "decision.engine",
    "decision.history",
)
"""Scripts in the order in which the engine runs them."""


def create_script(database: str) -> str:
    """The engine's statements that create its tables in `postgres` or `h2`."""
    (jar,) = (
        path
        for path in fetch(EngineSettings(_env_file=None, distribution="camunda"))
        if path.name.startswith("camunda-engine-7")
    )
    with zipfile.ZipFile(jar) as archive:
        names = (
            f"org/camunda/bpm/engine/db/create/activiti.{database}.create.{part}.sql"
            for part in PARTS
        )
        return "\n".join(archive.read(name).decode() for name in names)


EMPTY_MODEL = {"postgres": "'<x/>'", "h2": "X'3c782f3e'"}


def rows_of_a_company(database: str = "postgres", of: Distribution = CAMUNDA) -> str:
    """Statements for an administrators' group with a member, rights, a filter and two processes.

    One process called the other; there are a task, an external task in hand, a job and an incident.
    """
    group = of.administrators
    return f"""
    INSERT INTO ACT_GE_PROPERTY VALUES ('{of.name}.installation.id', 'abc', 1);
    INSERT INTO ACT_GE_PROPERTY VALUES ('historyLevel', '3', 1);
    INSERT INTO ACT_ID_GROUP VALUES ('{group}', 1, '{of.name} BPM Administrators', 'SYSTEM');
    INSERT INTO ACT_ID_GROUP VALUES ('lawyers', 1, 'Юристы', 'WORKFLOW');
    INSERT INTO ACT_ID_USER (ID_, REV_, FIRST_) VALUES ('admin', 1, 'А'), ('lawyer1', 1, 'И');
    INSERT INTO ACT_ID_MEMBERSHIP VALUES ('admin', '{group}'), ('lawyer1', 'lawyers');
    INSERT INTO ACT_RU_AUTHORIZATION (ID_, REV_, TYPE_, GROUP_ID_, RESOURCE_TYPE_, RESOURCE_ID_,
        PERMS_) VALUES ('a1', 1, 1, '{group}', 0, '*', 2147483647),
        ('a2', 1, 1, '{group}', 2, '{group}', 2), ('a3', 1, 1, 'lawyers', 2, 'lawyers', 2),
        ('a4', 1, 1, 'lawyers', 0, '{group}', 1);
    INSERT INTO ACT_RU_FILTER (ID_, REV_, RESOURCE_TYPE_, NAME_, QUERY_) VALUES
        ('f1', 1, 'Task', 'Наши', '{{"candidateGroup":"{group}"}}'),
        ('f2', 1, 'Task', 'Не о группе', '{{"name":"x-{group}"}}');
    INSERT INTO ACT_RE_DEPLOYMENT (ID_, NAME_) VALUES ('d1', 'pit-deals');
    INSERT INTO ACT_GE_BYTEARRAY (ID_, REV_, NAME_, DEPLOYMENT_ID_, BYTES_) VALUES
        ('b1', 1, 'deal.bpmn', 'd1', {EMPTY_MODEL[database]}),
        ('b2', 1, 'called.bpmn', 'd1', {EMPTY_MODEL[database]});
    INSERT INTO ACT_RE_PROCDEF (ID_, REV_, KEY_, VERSION_, DEPLOYMENT_ID_, RESOURCE_NAME_) VALUES
        ('deal:1', 1, 'deal', 1, 'd1', 'deal.bpmn'),
        ('called:1', 1, 'called', 1, 'd1', 'called.bpmn');
    INSERT INTO ACT_RU_EXECUTION (ID_, REV_, PROC_INST_ID_, PROC_DEF_ID_, SUPER_EXEC_) VALUES
        ('e1', 1, 'e1', 'deal:1', NULL), ('e2', 1, 'e2', 'called:1', 'e1');
    INSERT INTO ACT_RU_TASK (ID_, REV_, EXECUTION_ID_, PROC_INST_ID_) VALUES ('t1', 1, 'e2', 'e2');
    INSERT INTO ACT_RU_IDENTITYLINK (ID_, REV_, GROUP_ID_, TYPE_, TASK_ID_) VALUES
        ('i1', 1, '{group}', 'candidate', 't1'), ('i2', 1, 'lawyers', 'candidate', 't1');
    INSERT INTO ACT_HI_IDENTITYLINK (ID_, TIMESTAMP_, TYPE_, GROUP_ID_) VALUES
        ('h1', TIMESTAMP '2026-11-28 10:00:00', 'candidate', '{group}');
    INSERT INTO ACT_RU_EXT_TASK (ID_, REV_, WORKER_ID_, TOPIC_NAME_, LOCK_EXP_TIME_,
        SUSPENSION_STATE_, EXECUTION_ID_) VALUES
        ('x1', 1, 'worker', 'notify', TIMESTAMP '2030-01-01 00:00:00', 1, 'e1');
    INSERT INTO ACT_RU_JOB (ID_, REV_, TYPE_, LOCK_OWNER_, LOCK_EXP_TIME_, SUSPENSION_STATE_)
        VALUES ('j1', 1, 'timer', 'node', TIMESTAMP '2030-01-01 00:00:00', 1),
        ('j2', 1, 'timer', NULL, NULL, 2);
    INSERT INTO ACT_RU_INCIDENT (ID_, REV_, INCIDENT_TIMESTAMP_, INCIDENT_TYPE_, EXECUTION_ID_)
        VALUES ('n1', 1, TIMESTAMP '2026-11-28 10:00:00', 'failedJob', 'e1');
    INSERT INTO ACT_RU_VARIABLE (ID_, REV_, TYPE_, NAME_, TEXT_, VAR_SCOPE_) VALUES
        ('v1', 1, 'string', 'dealId', 'D-1', 'e1');
    """


def contents(connection: "psycopg.Connection[tuple[object, ...]]") -> dict[str, list[str]]:
    """Every row of the engine's schema as text, by table."""
    tables = connection.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1"
    ).fetchall()
    return {
        str(name): [
            str(row[0]) for row in connection.execute(f"SELECT t::text FROM {name} t ORDER BY 1")
        ]
        for (name,) in tables
    }
