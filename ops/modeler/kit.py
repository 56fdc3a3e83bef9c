"""Builds the kit for Camunda Modeler: a zip whose folder `resources` is dropped into the Modeler's
own.

`resources/element-templates/deals.json` has the templates, `resources/plugins/deals/` the rules
that the canvas shows. Building twice from one commit gives the same bytes.
"""

import json
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from bpmn.lint.rules.naming import EMPTY_VERBS, ID_PREFIXES, INFINITIVE, TECHNICAL
from bpmn.lint.rules.structure import DRAWN_KINDS, EVENTS
from bpmn.lint.rules.user_tasks import COMPLETE, DECIDED_BY, FORM_PREFIX
from bpmn.model.diagrams import DIRECTORY
from bpmn.model.elements import TASKS
from bpmn.model.reader import read_diagrams
from db.catalog.loading import load_catalog
from forms.task_forms import FORMS
from ops.modeler.templates import Contracts, templates
from ops.modeler.words import load_words
from workers.topic_contracts import topic_contracts

HERE = Path(__file__).parent
RULES, PLUGIN = HERE / "plugin/rules.js", HERE / "plugin/index.js"
README = HERE.parents[1] / "docs/ru/modeler-kit.md"
TEMPLATES_FILE = "resources/element-templates/deals.json"
PLUGIN_FOLDER = "resources/plugins/deals"
EPOCH = (1980, 1, 1, 0, 0, 0)
"""Time of every file in the zip, its earliest."""


def contracts() -> Contracts:
    """Everything of this checkout that the kit is generated from."""
    return Contracts(
        topics=topic_contracts(),
        forms=FORMS,
        diagrams=tuple(read_diagrams(DIRECTORY)),
        catalog=load_catalog(),
        words=load_words(),
    )


def canvas_contract(known: Contracts) -> dict[str, object]:
    """Contracts for the canvas rules, as JSON: topics, forms, roles."""
    return {
        "topics": {
            topic.name: {
                "inputs": sorted(topic.inputs),
                "refusals": sorted(topic.refusals),
                "values": {
                    name: {"values": sorted(of_type.values), "words": of_type.words}
                    for name, of_type in sorted(topic.types.items())
                    if of_type.values is not None
                },
            }
            for topic in known.topics
        },
        "forms": {form.name: list(form.variables) for form in known.forms},
        "processes": sorted(diagram.id for diagram in known.diagrams),
        "roles": sorted(known.catalog.roles),
        "infinitive": INFINITIVE.pattern,
        "emptyVerbs": sorted(EMPTY_VERBS),
        "technical": TECHNICAL.pattern,
        "idPrefixes": dict(ID_PREFIXES),
        "tasks": sorted(TASKS),
        "kinds": sorted(DRAWN_KINDS),
        "events": {where: sorted(map(str, kinds)) for where, kinds in EVENTS.items()},
        "formPrefix": FORM_PREFIX,
        "decidedBy": DECIDED_BY,
        "complete": COMPLETE.expression,
    }


def client(known: Contracts) -> str:
    """The script of the plugin: the rules, wrapped so that the Modeler loads them as they are."""
    data = json.dumps(canvas_contract(known), ensure_ascii=False, sort_keys=True)
    rules = RULES.read_text(encoding="utf-8")
    return f"""\
(function () {{
  var module = {{exports: {{}}}};
  {rules}
  module.exports.register(window, {data});
}})();
"""


def files(known: Contracts) -> dict[str, str]:
    """Name in the zip → text."""
    found = json.dumps(templates(known), ensure_ascii=False, indent=2) + "\n"
    return {
        "README.md": README.read_text(encoding="utf-8"),
        TEMPLATES_FILE: found,
        f"{PLUGIN_FOLDER}/index.js": PLUGIN.read_text(encoding="utf-8"),
        f"{PLUGIN_FOLDER}/client.js": client(known),
    }


def build(target: Path) -> None:
    """Write the zip, in place of an earlier one."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with ZipFile(target, "w", ZIP_DEFLATED) as kit:
        for name, text in files(contracts()).items():
            kit.writestr(ZipInfo(name, EPOCH), text, ZIP_DEFLATED)
