"""Checks of approval processes against the approval chains of the catalog."""

from collections.abc import Iterator

from bpmn.lint.finding import Violation
from bpmn.lint.integration.context import Check, LintContext, steps_before
from bpmn.lint.integration.graph import onward, reachable, taken
from bpmn.lint.rules.expressions import is_null, variable, variables
from bpmn.lint.worker_contracts import ERROR_VARIABLES
from bpmn.model.elements import Diagram, Node
from db.domain.catalog import ApprovalChain, ApprovalStep

OPEN, RECORD, COUNT = "open-approval-round", "record-decision", "count-decisions"
CLOSE = "close-approval-round"
STEP, PARALLEL, OUTCOME = "step", "parallel", "roundOutcome"
"""Inputs of `record-decision`, `count-decisions` and `close-approval-round`."""
APPROVED, DUE_AT = "approved", "dueAt"


def approval_follows_its_chain(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """A diagram with approval rounds records each step of its chain. Reviewers of a parallel group
    have sub-processes of their own, and their decisions are counted after all of them."""
    rounds = [n for n in diagram.external_tasks if n.topic in (OPEN, RECORD, COUNT, CLOSE)]
    chain = _chain(diagram, context)
    if chain is None:
        for node in rounds:
            yield node.id, f"в каталоге нет согласования с процессом «{diagram.id}»; добавьте его"
        return
    for node in rounds:
        if node.topic == RECORD and node.inputs.get(STEP) not in chain.steps:
            yield (
                node.id,
                f"шага «{node.inputs.get(STEP)}» нет в согласовании {chain.code}; исправьте код",
            )
        if node.topic == COUNT and not chain.members(node.inputs.get(PARALLEL, "")):
            yield node.id, f"в {chain.code} нет группы «{node.inputs.get(PARALLEL)}»; исправьте код"
    recorded = [node.inputs.get(STEP) for node in rounds if node.topic == RECORD]
    for step in chain.steps.values():
        if step.code not in recorded:
            yield (
                diagram.id,
                f"шаг «{step.name}» из {chain.code} никто не записывает; нарисуйте его",
            )
    counted = [node.inputs.get(PARALLEL) for node in rounds if node.topic == COUNT]
    for group in sorted({step.parallel for step in chain.steps.values() if step.parallel}):
        if group not in counted:
            yield diagram.id, f"нет шага «{COUNT}» для группы «{group}» из {chain.code}; добавьте"
    yield from _reviewers_apart(diagram, chain)
    yield from _counted_after_all(diagram, chain)


def approval_called_at_its_stage(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """The activity of the stage that a chain approves calls the chain's process."""
    for chain in context.catalog.chains.values():
        for code in chain.directions:
            direction = context.catalog.directions[code]
            if direction.process != diagram.id:
                continue
            activity = direction.stage(chain.stage).activity
            node = diagram.nodes.get(activity or "")
            if node is not None and node.attributes.get("calledElement") != chain.process:
                yield node.id, f"на этой стадии согласуют: вызовите процесс «{chain.process}»"


def decisions_by_their_role(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """The user task before an approval step has the step's role as its only candidate group, and
    the step as a constant input, which tells the form what to ask."""
    chain = _chain(diagram, context)
    for node, step in _records(diagram, chain):
        for task in steps_before(diagram, node):
            if task.candidate_groups != (step.role,):
                yield task.id, f"«{step.name}» решает {step.role}; поставьте эту группу"
            if task.inputs.get(STEP) != step.code:
                yield (
                    task.id,
                    f"её решение это шаг {step.code}; поставьте вход {STEP} = {step.code}",
                )


def approval_in_order(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """From the opening of a round to its closing every step of the chain is asked once and in
    order, except one that a decision table spares; refusal closes the round as rejected."""
    chain = _chain(diagram, context)
    if chain is None:
        return
    opened = [node for node in diagram.external_tasks if node.topic == OPEN]
    closed = [node for node in diagram.external_tasks if node.topic == CLOSE]
    if len(opened) != 1:
        yield diagram.id, f"шагов «{OPEN}» {len(opened)}; круг открывает ровно один, первым"
    if not closed:
        yield diagram.id, f"никто не закрывает круг; добавьте шаг «{CLOSE}»"
    walk = _ChainWalk(diagram, chain)
    for node in opened:
        walk.run(node)
    yield from walk.faults.items()


def table_spares_by_its_answer(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """A step that a decision table may spare is asked when the table says yes, not when it says
    no."""
    if _chain(diagram, context) is None:
        return
    for node in diagram.of_kind("businessRuleTask"):
        asked = [
            {
                one.inputs.get(STEP)
                for target in onward(
                    diagram, node, {node.attributes.get("resultVariable", ""): says}
                )
                for one in reachable(diagram, target, stop=(CLOSE,)).values()
                if one.topic == RECORD
            }
            for says in (True, False)
        ]
        if not asked[0] > asked[1]:
            yield node.id, "когда таблица говорит «да», решающих не больше; поменяйте пути местами"


class _ChainWalk:
    """All ways through an approval: position in the chain, or rejected, at every node.

    A parallel group is one position; the count behind its join decides it.
    """

    def __init__(self, diagram: Diagram, chain: ApprovalChain) -> None:
        self.diagram, self.chain = diagram, chain
        self.units: list[str] = []
        for step in chain.steps.values():
            unit = step.parallel or step.code
            if unit not in self.units:
                self.units.append(unit)
        self.faults: dict[str, str] = {}

    def run(self, opened: Node) -> None:
        waiting: list[tuple[Node, int, bool, bool | None]] = [(opened, 0, False, None)]
        seen = set()
        while waiting:
            state = waiting.pop()
            if (state[0].id, *state[1:]) not in seen:
                seen.add((state[0].id, *state[1:]))
                waiting += self._next(*state)

    def _next(
        self, node: Node, position: int, rejected: bool, approved: bool | None
    ) -> Iterator[tuple[Node, int, bool, bool | None]]:
        """Follow one state: ``approved`` is the answer that the next gateway reads."""
        facts = {} if approved is None else {APPROVED: approved}
        for boundary in self.diagram.boundaries(node):
            if boundary.is_interrupting:
                yield boundary, position, rejected, None
        if node.topic == CLOSE:
            self._closed(node, position, rejected)
            return
        if node.kind == "endEvent" and node.scope == self.diagram.id:
            self.faults[node.id] = f"круг здесь не закрыт; ведите путь через «{CLOSE}»"
        if node.topic in (RECORD, COUNT):
            yield from self._decided(node, position, rejected)
            return
        if node.topic is not None or node.kind == "businessRuleTask":
            facts = {}
        for flow in taken(self.diagram, node, facts):
            target = self.diagram.nodes[flow.target]
            skipped = self._is_of_table(node) and not self._asks(target, position)
            yield target, position + skipped, rejected, approved if facts else None

    def _is_of_table(self, gateway: Node) -> bool:
        """Tell if a gateway asks for the result of a decision table, which may spare a step."""
        tables = self.diagram.of_kind("businessRuleTask")
        results = {table.attributes.get("resultVariable", "") for table in tables}
        flows = self.diagram.outgoing(gateway)
        return any(variables(flow.condition or "") & results for flow in flows)

    def _asks(self, node: Node, position: int) -> bool:
        """Tell if the next step of the chain is still asked behind a node."""
        wanted = self.units[position] if position < len(self.units) else ""
        return any(
            one.topic in (RECORD, COUNT)
            and wanted in (one.inputs.get(STEP), one.inputs.get(PARALLEL))
            for one in reachable(self.diagram, node, stop=(CLOSE,)).values()
        )

    def _decided(
        self, node: Node, position: int, rejected: bool
    ) -> Iterator[tuple[Node, int, bool, bool | None]]:
        unit = node.inputs.get(STEP if node.topic == RECORD else PARALLEL, "")
        wanted = self.units[position] if position < len(self.units) else None
        if rejected:
            self.faults[node.id] = "после отказа спрашивают дальше; закройте круг отказом"
        elif unit != wanted:
            known = self.chain.steps.get(wanted or "")
            name = known.name if known else wanted
            self.faults[node.id] = (
                f"здесь по каталогу очередь шага «{name}»; поставьте шаги по порядку каталога"
                if wanted
                else "все шаги каталога уже пройдены; спрашивать ещё раз нельзя"
            )
            return
        for answer in (True, False):
            for flow in self.diagram.outgoing(node):
                target = self.diagram.nodes[flow.target]
                yield target, position + answer, not answer, answer

    def _closed(self, node: Node, position: int, rejected: bool) -> None:
        outcome = node.inputs.get(OUTCOME)
        if rejected and outcome != "rejected":
            self.faults[node.id] = "сюда ведёт отказ, а круг закрывается согласием"
        elif not rejected and outcome != "approved":
            self.faults[node.id] = "сюда ведёт согласие, а круг закрывается отказом"
        elif not rejected and position < len(self.units):
            missing = ", ".join(
                self.chain.steps[one].name if one in self.chain.steps else one
                for one in self.units[position:]
            )
            self.faults[node.id] = f"круг закрывается согласием без шагов: {missing}"


def _reviewers_apart(diagram: Diagram, chain: ApprovalChain) -> Iterator[Violation]:
    """A sub-process keeps what one reviewer submits, or gets back, away from the others' forms."""
    records = list(_records(diagram, chain))
    for node, step in records:
        scope = diagram.nodes.get(node.scope)
        if step.parallel is None:
            continue
        if scope is None or any(n.scope == node.scope for n, _ in records if n is not node):
            yield node.id, "группа решает одновременно; нарисуйте каждому свой подпроцесс"
            continue
        tasks = [task for task in diagram.user_tasks if task.scope == scope.id]
        local = {name for task in tasks for name, _ in task.outputs} | ERROR_VARIABLES | {APPROVED}
        for name in sorted(name for name in local if not is_null(scope, name)):
            yield scope.id, f"объявите вход {name} как ${{null}}, иначе его увидят другие"
        if variable(scope.inputs.get(DUE_AT)) != DUE_AT:
            yield scope.id, f"объявите вход {DUE_AT} как ${{{DUE_AT}}}: срок у каждого свой"


def _counted_after_all(diagram: Diagram, chain: ApprovalChain) -> Iterator[Violation]:
    scopes = {step.code: node.scope for node, step in _records(diagram, chain)}
    for node in diagram.external_tasks:
        if node.topic != COUNT:
            continue
        wanted = {scopes.get(step.code) for step in chain.members(node.inputs.get(PARALLEL, ""))}
        joins = [diagram.nodes[flow.source] for flow in diagram.incoming(node)]
        if any(join.kind != "parallelGateway" for join in joins):
            yield node.id, "перед ним нет параллельного соединения; сведите к нему всех"
        elif {before.id for before in steps_before(diagram, node)} != wanted:
            yield node.id, "соединение перед ним ждёт не ровно тех, кто в группе; исправьте"


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
    approval_in_order,
    table_spares_by_its_answer,
    approval_called_at_its_stage,
    decisions_by_their_role,
)
