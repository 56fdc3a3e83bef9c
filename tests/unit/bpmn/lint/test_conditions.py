"""The gate decides conditions of which it knows the variables, and says when it cannot."""

import pytest

from bpmn.lint.integration.conditions import truth

FACTS = {"stage": "won", "stageActivity": None, "outcome": "won", "duplicate": False}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("${outcome != 'open'}", True),
        ("${outcome == 'open' && stage == 'won'}", False),
        ("${outcome eq 'open' or stage eq \"won\"}", True),
        ("${!duplicate}", True),
        ("${duplicate}", False),
        ("${not (stage == 'won')}", False),
        ("${stageActivity == 'Task_WorkDeal'}", False),
        ("${stageActivity == null}", True),
        ("${empty stageActivity}", True),
        ("${stage == 'a != b'}", False),
        ("${termsApproved}", None),
        ("${termsApproved && outcome == 'open'}", False),
        ("${termsApproved || outcome == 'won'}", True),
        ("${!termsApproved}", None),
        ("${partsShipped > 0}", None),
        ("${stage == termsApproved}", None),
        ("${stage.length() > 3}", None),
        ("${stage ==}", None),
        ("outcome", None),
    ],
)
def test_a_condition_is_decided_by_what_is_known(condition: str, expected: bool | None) -> None:
    assert truth(condition, FACTS) is expected
