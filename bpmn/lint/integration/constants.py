"""Checks that a constant fits where it stands: form, direction, role, list, template, stage."""

from collections import Counter
from collections.abc import Iterator, Mapping

from bpmn.lint.finding import Violation
from bpmn.lint.integration.context import Check, LintContext, steps_before
from bpmn.lint.integration.domains import ANSWERS, PRODUCT_STEP, REPAIR_STEP
from bpmn.lint.integration.graph import people_before
from bpmn.lint.rules.expressions import is_null
from bpmn.lint.worker_contracts import TEMPLATES_OF_WORKERS
from bpmn.model.elements import Diagram, Node
from db.domain.catalog import Direction, Stage
from db.domain.onec.bindings import FIELDS, BindingKind
from db.domain.people.assignment import At, attribute_for
from db.domain.steps import products, repairs

KIND, CORRECTION_OF, FIELD = "kind", "correctionOf", "field"
TEMPLATE, RECIPIENT = "template", "recipient"
ROLE, AT, TO_STAGE = "role", "at", "toStage"
"""Inputs of steps."""
CHECKS_OF = "checks"
TEXTS_FILE = "workers/services/notification_texts.py"
SYNC = "sync-onec-number"
Places = frozenset[tuple[str, str]]
"""Directions and stages of the deals that may be at a node."""


def steps_fit_their_form(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """A step of a repair or of a product records the answers of the form of the task before it; a
    step demands that somebody's identity was checked exactly where the form asks for it."""
    for node in diagram.external_tasks:
        for task in people_before(diagram, node) if CHECKS_OF in node.inputs else ():
            form = context.forms.get(task.form or "")
            asks = form is not None and "identityChecked" in form.submits
            if asks is is_null(node, CHECKS_OF):
                yield node.id, f"вход {CHECKS_OF} не о том, что спрашивает «{task.name}»; исправьте"
        for name in (REPAIR_STEP, PRODUCT_STEP):
            for task in people_before(diagram, node) if name in node.inputs else ():
                form = context.forms.get(task.form or "")
                if form is not None and form.step != node.inputs[name]:
                    yield (
                        node.id,
                        f"вход {name} = «{node.inputs[name]}», а форма задачи «{task.name}» "
                        f"спрашивает «{form.step}»; исправьте одно из двух",
                    )


def numbers_in_their_place(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """A number of 1C is of a kind that the deals here have, and of another than elsewhere while
    one is asked for nowhere; what is corrected is the number that was sent back."""
    asked = Counter(
        node.inputs.get(KIND, "")
        for one in context.diagrams.values()
        for node in one.external_tasks
        if node.topic == SYNC
    )
    left = sorted({kind.value for kind in BindingKind} - asked.keys())
    kinds = {n.inputs.get(KIND) for n in diagram.external_tasks if n.topic == SYNC}
    for node in diagram.external_tasks:
        kind, corrected = node.inputs.get(KIND, ""), node.inputs.get(CORRECTION_OF)
        if corrected is not None and corrected not in kinds:
            yield (
                node.id,
                f"вход {CORRECTION_OF} = «{corrected}», а номер такого вида здесь не вносят",
            )
        if node.topic != SYNC or kind not in set(BindingKind):
            continue
        field = FIELDS[BindingKind(kind)]
        for direction in directions_of(diagram, context):
            if field not in direction.fields:
                yield node.id, f"у сделок «{direction.name}» нет номера «{kind}»; исправьте {KIND}"
        if left and asked[kind] > 1:
            yield (
                node.id,
                f"номер «{kind}» вносят в двух местах, а «{left[0]}» нигде; исправьте {KIND}",
            )


def templates_in_their_place(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """No notification text is sent by two steps while another text is sent by no step.

    Two diagrams, or two steps to the same people, with one text would tell what did not happen.
    """
    sent = [
        (node.inputs.get(TEMPLATE, ""), one.id, node.inputs.get(RECIPIENT))
        for one in context.diagrams.values()
        for node in one.external_tasks
    ]
    typed = (c.types[TEMPLATE].values for c in context.contracts.values() if TEMPLATE in c.types)
    known = next(typed, None) or frozenset()
    left = sorted(known - {text for text, *_ in sent} - TEMPLATES_OF_WORKERS)
    for node in diagram.external_tasks if left else ():
        text, recipient = node.inputs.get(TEMPLATE, ""), node.inputs.get(RECIPIENT)
        others = [one for one in sent if one[0] == text]
        others.remove((text, diagram.id, recipient))
        if text in known and any(at != diagram.id or to == recipient for _, at, to in others):
            yield (
                node.id,
                f"текст «{text}» шлёт и другой шаг, а «{left[0]}» ни один; проверьте, тот ли "
                f"{TEMPLATE}",
            )


def recipients_of_their_text(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """A notification goes to those whom its text addresses, and none of them gets it twice while
    another gets nothing."""
    sent = [n for n in diagram.external_tasks if {TEMPLATE, RECIPIENT} <= n.inputs.keys()]
    for node in sent:
        contract = context.contracts.get(node.topic or "")
        text, recipient = node.inputs[TEMPLATE], node.inputs[RECIPIENT]
        addressed = contract.recipients.get(text, frozenset()) if contract else frozenset[str]()
        if not addressed:
            continue
        to = [one.inputs[RECIPIENT] for one in sent if one.inputs[TEMPLATE] == text]
        left = sorted(addressed - set(to))
        if recipient not in addressed:
            yield (
                node.id,
                f"текст «{text}» обращён к: {', '.join(sorted(addressed))}, а его получит "
                f"{recipient}; исправьте {RECIPIENT} или recipients текста в {TEXTS_FILE}",
            )
        elif left and to.count(recipient) > 1:
            yield (
                node.id,
                f"текст «{text}» получит {recipient} дважды, а {left[0]} ни разу; исправьте",
            )


def answers_offered(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """A step takes exactly the answers that the form of the task before it offers."""
    for node in diagram.external_tasks:
        takes = node.inputs.get(ANSWERS, "{")
        if "{" in takes:
            continue
        for task in people_before(diagram, node):
            form = context.forms.get(task.form or "")
            offers = frozenset(form.answers if form else ())
            if form is not None and offers != frozenset(takes.split()):
                known = " ".join(sorted(offers)) or "ничего"
                yield (
                    node.id,
                    f"вход {ANSWERS} = «{takes}», а {form.name} задачи «{task.name}» предлагает: "
                    f"{known}; исправьте вход или answers формы в forms/task_forms.py",
                )


def files_of_their_role(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """A step stores the file in a field that the deals here have, and that the role of the task
    before it fills according to the catalog: exactly the field that its form names."""
    for node in diagram.external_tasks:
        for task in people_before(diagram, node) if FIELD in node.inputs else ():
            form = context.forms.get(task.form or "")
            stores = "" if is_null(node, FIELD) else node.inputs[FIELD]
            if form is not None and form.file != stores:
                yield (
                    node.id,
                    f"вход {FIELD} = «{node.inputs[FIELD]}», а {form.name} задачи «{task.name}» "
                    f"прикладывает {form.file or 'файл без поля'}; исправьте вход или file формы в "
                    "forms/task_forms.py",
                )
        code = node.inputs.get(FIELD, "")
        known = context.catalog.fields.get(code)
        if known is None:
            continue
        if not known.is_file:
            yield node.id, f"поле {code} — не файл; выберите поле файла"
            continue
        for direction in directions_of(diagram, context):
            if code not in direction.fields:
                yield node.id, f"у сделок «{direction.name}» нет файла {code}; исправьте {FIELD}"
        for task in people_before(diagram, node):
            for role in sorted(roles_of(diagram, task) - set(known.filled_by)):
                if known.filled_by:
                    names = ", ".join(known.filled_by)
                    yield (
                        node.id,
                        f"файл {code} прикладывает {names}, а задача «{task.name}» у роли {role}; "
                        "исправьте поле, роль или filledBy в каталоге",
                    )


def roles_named_in_lists(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """Somebody of a role is looked up only where a universal list names one: otherwise every deal
    would alert the administrator."""
    for node in diagram.external_tasks:
        role, place = node.inputs.get(ROLE, ""), node.inputs.get(AT, At.SOURCE.value)
        if role not in context.roles or is_null(node, ROLE) or place not in set(At):
            continue
        lists = context.catalog.lists.values()
        if not any(attribute_for(known, role, At(place)) for known in lists):
            yield (
                node.id,
                f"ни один список не называет сотрудника: роль {role}, {AT} {place}; исправьте их "
                "или дайте задачу всей группе",
            )


def stages_follow_the_catalog(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """A step moves a deal only to a stage that follows the one it may be at there; an approval only
    to the later stages of its chain. Closing stages have steps of their own."""
    moves = [n for n in diagram.external_tasks if _target(n, context)]
    before = _places_before(diagram, context, frozenset()) if moves else {}
    chains = [one for one in context.catalog.chains.values() if one.process == diagram.id]
    for node in moves:
        target = node.inputs[TO_STAGE]
        at = [_stage(context, *place) for place in before[node.id]]
        following = {code for one in at for code in one.next}
        closing = any(
            stage.code == target and stage.outcome
            for direction in directions_of(diagram, context)
            for stage in direction.stages
        )
        if closing:
            yield node.id, f"стадия {target} закрывает сделку; закрывает её шаг «close-deal»"
        elif at and target not in following:
            names = ", ".join(sorted({one.code for one in at}))
            yield (
                node.id,
                f"после стадии {names} каталог не даёт {target}; исправьте {TO_STAGE} или next",
            )
        elif chains and all(target not in one.later_stages for one in chains):
            yield node.id, f"стадии {target} нет в laterStages согласования; исправьте {TO_STAGE}"


def answers_follow_the_catalog(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """The answers of a repair or of a product lead to stages that follow the one at which the
    process is called: it is not called at the stage of another step."""
    asking = [n for n in diagram.external_tasks if _targets(n)]
    before = _places_before(diagram, context, frozenset()) if asking else {}
    for node in asking:
        for direction, code in sorted(before[node.id]):
            stages = {one.code for one in context.catalog.directions[direction].stages}
            following = _stage(context, direction, code).next
            for answer, targets in _targets(node).items():
                target = next((one for one in targets if one in stages), None)
                if target is not None and target not in following:
                    yield (
                        node.id,
                        f"ответ «{answer}» ведёт на стадию {target}, а после стадии {code} "
                        f"({direction}) каталог её не даёт; вызовите процесс на его стадии",
                    )


def system_stages_are_reached(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """Each stage that only processes set is set by a step, an approval or an answer of a person:
    deals would never get there."""
    own = [one for one in context.catalog.directions.values() if one.process == diagram.id]
    if not own:
        return
    reached = {
        node.inputs.get(TO_STAGE, "")
        for one in context.diagrams.values()
        if any(direction in own for direction in directions_of(one, context))
        for node in one.external_tasks
    }
    reached |= {one.approved_stage for one in context.catalog.chains.values()}
    reached |= {a.stage or "" for s in products.STEPS.values() for a in s.answers.values()}
    reached |= {to for s in repairs.STEPS.values() for a in s.answers.values() for to in a.stages}
    for direction in own:
        for stage in direction.stages[1:]:
            if stage.system and stage.outcome is None and stage.code not in reached:
                yield (
                    diagram.id,
                    f"стадию «{stage.name}» ({stage.code}) ставит только процесс, но ни один шаг "
                    f"её не ставит; верните шаг с {TO_STAGE} = {stage.code}",
                )


def directions_of(diagram: Diagram, context: LintContext) -> list[Direction]:
    """The directions whose deals come to a diagram: of its main process, through all callers."""
    found: dict[str, Direction] = {}
    waiting, seen = [diagram], {diagram.id}
    while waiting:
        one = waiting.pop()
        own = [d for d in context.catalog.directions.values() if d.process == one.id]
        found |= {direction.code: direction for direction in own}
        for caller, _ in context.callers(one):
            if caller.id not in seen:
                seen.add(caller.id)
                waiting.append(caller)
    return list(found.values())


def roles_of(diagram: Diagram, task: Node) -> set[str]:
    """The roles to which a task is offered, as far as the diagram alone says."""
    found = {group for group in task.candidate_groups if "{" not in group}
    if "${assigneeGroup}" in task.candidate_groups:
        for step in steps_before(diagram, task, refusals=False):
            role = step.inputs.get(ROLE, "")
            if role and "{" not in role:
                found.add(role)
    return found


def _targets(node: Node) -> Mapping[str, tuple[str, ...]]:
    """Answers that a step records → the stages that they lead to, one of each direction."""
    if node.inputs.get(REPAIR_STEP) in repairs.STEPS:
        step = repairs.STEPS[node.inputs[REPAIR_STEP]]
        return {code: one.stages for code, one in step.answers.items()}
    if node.inputs.get(PRODUCT_STEP) in products.STEPS:
        answers = products.STEPS[node.inputs[PRODUCT_STEP]].answers
        return {code: (one.stage,) for code, one in answers.items() if one.stage}
    return {}


def _target(node: Node, context: LintContext) -> bool:
    return node.inputs.get(TO_STAGE, "") in context.stages


def _stage(context: LintContext, direction: str, code: str) -> Stage:
    return context.catalog.directions[direction].stage(code)


def _places_before(
    diagram: Diagram, context: LintContext, calling: frozenset[str]
) -> Mapping[str, Places]:
    """Map nodes to the places of the deals that may come to them.

    ``calling``: diagrams whose callers are being looked for.
    """
    start = _places_at_start(diagram, context, calling)
    before: dict[str, set[tuple[str, str]]] = {node: set() for node in diagram.nodes}
    for node in diagram.of_kind("startEvent"):
        before[node.id] |= start
    changed = True
    while changed:
        changed = False
        for node in diagram.nodes.values():
            after = _moved(node, before[node.id], context)
            targets = [flow.target for flow in diagram.outgoing(node)]
            targets += [one.id for one in diagram.boundaries(node)]
            for target in targets:
                if not after <= before[target]:
                    before[target] |= after
                    changed = True
    return {node: frozenset(places) for node, places in before.items()}


def _places_at_start(diagram: Diagram, context: LintContext, calling: frozenset[str]) -> Places:
    """Places of the deals with which a process begins."""
    if context.is_main(diagram):
        return frozenset(
            (direction.code, stage.code)
            for direction in context.catalog.directions.values()
            if direction.process == diagram.id
            for stage in direction.stages
        )
    found: set[tuple[str, str]] = set()
    for caller, call in context.callers(diagram):
        if context.is_main(caller):
            found |= _entered(caller, call, context)
        elif caller.id not in calling:
            found |= _places_before(caller, context, calling | {diagram.id})[call.id]
    return frozenset(found)


def _entered(caller: Diagram, call: Node, context: LintContext) -> Places:
    """The stages by which deals come to a call of a main process: those that follow another
    activity's stage."""
    return frozenset(
        (direction.code, stage.code)
        for direction in context.catalog.directions.values()
        if direction.process == caller.id
        for stage in direction.stages
        if stage.fits(call.id)
        and (
            stage is direction.first_stage
            or any(stage.code in one.next and not one.fits(call.id) for one in direction.stages)
        )
    )


def _moved(node: Node, places: set[tuple[str, str]], context: LintContext) -> set[tuple[str, str]]:
    """Places after a node."""
    if node.kind == "callActivity":
        called = context.diagrams.get(node.attributes.get("calledElement", ""))
        targets = {
            n.inputs[TO_STAGE]
            for n in (called.external_tasks if called else ())
            if _target(n, context)
        }
        return places | {
            (direction, target)
            for direction, _ in places
            for target in targets
            if any(s.code == target for s in context.catalog.directions[direction].stages)
        }
    if not _target(node, context):
        return places
    target = node.inputs[TO_STAGE]
    return {
        (direction, target)
        for direction, _ in places
        if any(stage.code == target for stage in context.catalog.directions[direction].stages)
    }


CHECKS: tuple[Check, ...] = (
    steps_fit_their_form,
    numbers_in_their_place,
    templates_in_their_place,
    recipients_of_their_text,
    answers_offered,
    files_of_their_role,
    roles_named_in_lists,
    stages_follow_the_catalog,
    answers_follow_the_catalog,
    system_stages_are_reached,
)
