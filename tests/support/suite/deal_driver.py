"""Plays a deal press by press, whatever task is open: to any step, and from any step to its end."""

from collections.abc import Callable, Mapping

from ops.demo.scenario import Story, a_number
from tests.support.suite.running import RunningSuite
from tests.support.waiting import eventually


def _collect(story: Story) -> None:
    if story.value_of("limit") is None:
        story.documents_collected()
    story.approval_requested()


def _approves(part: str, key: str) -> Callable[[Story], None]:
    return lambda story: story.decides(part, key, "approved")


def _enter_contract(story: Story) -> None:
    number = a_number("П")
    story.contract_in_onec(number)
    story("operator").do(
        story.deal_id,
        "Task_EnterOnecContract",
        answer="entered",
        number=number,
        picked=None,
        comment="",
    )


def _enter_realization(story: Story) -> None:
    story.realization_entered(story.realization_in_onec())


def _prepare_upd(story: Story) -> None:
    story("operator").do(story.deal_id, "Task_PrepareUpd")


def _pick_order(story: Story) -> None:
    story("storekeeper").do(story.deal_id, "Task_PickOrder", comment="")


PRESSES: Mapping[str, Callable[[Story], None]] = {
    "Task_CollectDocuments": _collect,
    "Task_ReviewTerms": _approves("head", "Task_ReviewTerms"),
    "Task_DecideContract": _approves("accountant", "Task_DecideContract"),
    "Task_CheckClient": _approves("lawyer", "Task_CheckClient"),
    "Task_EnterOnecContract": _enter_contract,
    "Task_DraftContract": Story.contract_drafted,
    "Task_LeadClient": Story.order_placed,
    "Task_CreateRealization": _enter_realization,
    "Task_PrepareUpd": _prepare_upd,
    "Task_PickOrder": _pick_order,
    "Task_DeliverByCarrier": lambda story: story.delivers(
        "driver", "Task_DeliverByCarrier", "ttnFile"
    ),
}
"""Task of a new client's life → what the employee does with it, in the order of that life."""
STEPS = len(PRESSES)


def begun(suite: RunningSuite, story: Story, presses: int) -> Story:
    """A deal in which ``presses`` tasks were completed, and the next one is open."""
    story.request_arrives()
    for _ in range(presses):
        _press(suite, story)
    _open_task(suite, story)
    return story


def finished(suite: RunningSuite, story: Story) -> None:
    """Play the deal to its end: won, instance ended, nothing open."""
    for _ in range(2 * STEPS):
        if not _press(suite, story):
            break
    story.stage_is("won")
    eventually(lambda: not suite.engine.root_instances(story.deal_id))
    assert suite.engine.tasks(business_key=story.deal_id) == []


def _press(suite: RunningSuite, story: Story) -> bool:
    """Complete the first open task; False if the deal is over."""
    key, task = _open_task(suite, story)
    if key:
        PRESSES[key](story)
        eventually(lambda: _open_tasks(suite, story).get(key) != task)
    return bool(key)


def _open_task(suite: RunningSuite, story: Story) -> tuple[str, str]:
    """Key and id of the first open task in the order of the life; empty for a deal that is over."""

    def found() -> list[tuple[str, str]]:
        tasks = _open_tasks(suite, story)
        if not tasks and story.card()["stage"]["code"] == "won":
            return [("", "")]
        return [(key, tasks[key]) for key in PRESSES if key in tasks]

    return eventually(found)[0]


def _open_tasks(suite: RunningSuite, story: Story) -> dict[str, str]:
    return {task.key: task.id for task in suite.engine.tasks(business_key=story.deal_id)}
