"""Statements that hand an engine's database over to the other distribution.

Valid for PostgreSQL and H2, to be run in one transaction. Run for the way back, they restore every
row. Locks of jobs and external tasks are left to expire within a minute: whoever holds one may have
survived, and releasing it would let two workers do the same step.
"""

from collections.abc import Iterator

from bpmn.camunda.server.distribution import Distribution
from ops.move.survey import OF_GROUPS

IN_GROUPS = (
    "ACT_ID_MEMBERSHIP",
    "ACT_ID_TENANT_MEMBER",
    "ACT_RU_AUTHORIZATION",
    "ACT_RU_IDENTITYLINK",
    "ACT_HI_IDENTITYLINK",
)
"""Tables whose column GROUP_ID_ may name the administrators' group."""


def statements(source: Distribution, target: Distribution) -> Iterator[str]:
    """Yield the statements in their order; the target's group must not exist yet."""
    old, new = source.administrators, target.administrators
    # Inserted and deleted, not renamed, because the memberships refer to it by a foreign key.
    yield (
        "INSERT INTO ACT_ID_GROUP (ID_, REV_, NAME_, TYPE_)"
        f" SELECT '{new}', REV_, CASE WHEN NAME_ = '{_title(source)}'"
        f" THEN '{_title(target)}' ELSE NAME_ END, TYPE_"
        f" FROM ACT_ID_GROUP WHERE ID_ = '{old}'"
    )
    for table in IN_GROUPS:
        yield f"UPDATE {table} SET GROUP_ID_ = '{new}' WHERE GROUP_ID_ = '{old}'"
    yield f"DELETE FROM ACT_ID_GROUP WHERE ID_ = '{old}'"
    yield (
        f"UPDATE ACT_RU_AUTHORIZATION SET RESOURCE_ID_ = '{new}'"
        f" WHERE RESOURCE_TYPE_ IN {OF_GROUPS} AND RESOURCE_ID_ = '{old}'"
    )
    yield (
        f"""UPDATE ACT_RU_FILTER SET QUERY_ = REPLACE(QUERY_, '"{old}"', '"{new}"')"""
        f""" WHERE QUERY_ LIKE '%"{old}"%'"""
    )
    yield (
        f"UPDATE ACT_GE_PROPERTY SET NAME_ = '{target.installation}'"
        f" WHERE NAME_ = '{source.installation}'"
    )


def _title(distribution: Distribution) -> str:
    """Name that the engine gives its administrators' group; another one was given by a person."""
    return f"{distribution.name} BPM Administrators"
