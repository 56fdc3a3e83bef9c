"""Checks of approval processes against the approval chains of the catalog."""

from collections.abc import Iterator

from bpmn.lint.finding import Violation
from bpmn.lint.integration.context import Check, LintContext, steps_before
from bpmn.lint.rules.expressions import is_null
from bpmn.lint.worker_contracts import ERROR_VARIABLES
from bpmn.model.elements import Diagram, Node
from db.domain.catalog import ApprovalChain, ApprovalStep

OPEN, RECORD, COUNT = "open-approval-round", "record-decision", "count-decisions"
CLOSE = "close-approval-round"
STEP, PARALLEL = "step", "parallel"
"""Inputs of `record-decision` and `count-decisions`."""
APPROVED, DUE_AT = "approved", "dueAt"


def approval_follows_its_chain(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """A diagram with approval rounds records each step of its chain. Reviewers of a parallel group
    have sub-processes of their own, and their decisions are counted after all of them."""
    rounds = [n for n in diagram.external_tasks if n.topic in (OPEN, RECORD, COUNT, CLOSE)]
    chain = _chain(diagram, context)
    if chain is None:
        for node in rounds:
            yield node.id, f"no approval chain has the process «{diagram.id}»; add one"
        return
    for node in rounds:
        if node.topic == RECORD and node.inputs.get(STEP) not in chain.steps:
            yield node.id, f"step «{node.inputs.get(STEP)}» is not in the chain {chain.code}"
        if node.topic == COUNT and not chain.members(node.inputs.get(PARALLEL, "")):
            yield node.id, f"{chain.code} has no group «{node.inputs.get(PARALLEL)}»"
    recorded = [node.inputs.get(STEP) for node in rounds if node.topic == RECORD]
    for step in chain.steps.values():
        if step.code not in recorded:
            yield diagram.id, f"nothing records step «{step.code}» of {chain.code}; draw it"
    counted = [node.inputs.get(PARALLEL) for node in rounds if node.topic == COUNT]
    for group in sorted({step.parallel for step in chain.steps.values() if step.parallel}):
        if group not in counted:
            yield diagram.id, f"«{COUNT}» is missing for the group «{group}» of {chain.code}"
    yield from _reviewers_apart(diagram, chain)
    yield from _counted_after_all(diagram, chain)


def decisions_by_their_role(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """The user task before an approval step has the step's role as its only candidate group, and
    the step as a constant input, which tells the form what to ask."""
    chain = _chain(diagram, context)
    for node, step in _records(diagram, chain):
        for task in steps_before(diagram, node):
            if task.candidate_groups != (step.role,):
                yield task.id, f"«{step.name}» belongs to {step.role}; set the candidate group"
            if task.inputs.get(STEP) != step.code:
                yield task.id, f"its decision is step {step.code}; declare the input {STEP} so"


def _reviewers_apart(diagram: Diagram, chain: ApprovalChain) -> Iterator[Violation]:
    """A sub-process keeps what one reviewer submits, or gets back, away from the others' forms."""
    records = list(_records(diagram, chain))
    for node, step in records:
        scope = diagram.nodes.get(node.scope)
        if step.parallel is None:
            continue
        if scope is None or any(n.scope == node.scope for n, _ in records if n is not node):
            yield node.id, "its group decides in parallel; draw a sub-process for each reviewer"
            continue
        tasks = [task for task in diagram.user_tasks if task.scope == scope.id]
        local = {name for task in tasks for name, _ in task.outputs} | ERROR_VARIABLES | {APPROVED}
        for name in sorted(name for name in local if not is_null(scope, name)):
            yield scope.id, f"declare the input {name} as ${{null}}, or other reviewers see it"
        if scope.inputs.get(DUE_AT) != f"${{{DUE_AT}}}":
            yield scope.id, f"declare the input {DUE_AT} as ${{{DUE_AT}}}, each has its own"


def _counted_after_all(diagram: Diagram, chain: ApprovalChain) -> Iterator[Violation]:
    scopes = {step.code: node.scope for node, step in _records(diagram, chain)}
    for node in diagram.external_tasks:
        if node.topic != COUNT:
            continue
        wanted = {scopes.get(step.code) for step in chain.members(node.inputs.get(PARALLEL, ""))}
        joins = [diagram.nodes[flow.source] for flow in diagram.incoming(node)]
        if any(join.kind != "parallelGateway" for join in joins):
            yield node.id, "does not follow a parallel join; lead all reviewers to one before it"
        elif {before.id for before in steps_before(diagram, node)} != wanted:
            yield node.id, "the join before it does not wait for exactly the reviewers of its group"


def _chain(diagram: Diagram, context: LintContext) -> ApprovalChain | None:
    chains = context.catalog.chains.values()
    return next((chain for chain in chains if chain.process == diagram.id), None)


def _records(diagram: Diagram, chain: ApprovalChain | None) -> Iterator[tuple[Node, ApprovalStep]]:
    """Yield the tasks that record a decision, with their steps."""
    for node in diagram.external_tasks:
        step = chain.steps.get(node.inputs.get(STEP, "")) if chain else None
        if step and node.topic == RECORD:
            yield node, step


CHECKS: tuple[Check, ...] = (
    approval_follows_its_chain,
    decisions_by_their_role,
)
