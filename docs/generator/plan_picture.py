"""Takes the picture of a plan: the new approver of the guides, against an engine that runs."""

import shutil
import tempfile
from pathlib import Path

from lxml import etree  # type: ignore[import-untyped]
from playwright.sync_api import Browser

from bpmn.camunda.client.rest import Engine
from bpmn.camunda.provisioning.deployment import Release
from bpmn.model.diagrams import DIRECTORY
from bpmn.model.reader import BPMNDI, DC, DI
from ops.release.decisions import Begun, ProcessDecisions
from ops.release.plan import plan
from ops.release.report import as_html
from tests.contract.test_added_approver import APPROVAL, added_to_diagram
from tests.support.diagrams.drawn import Drawing

BEFORE, ROW = "Gateway_BeforeCheckClient", "Gateway_BeforeDecideContract"
"""First elements of the steps before which the new one is drawn, and of a step as wide as it."""
INTO = "Flow_ContractAllowedYes"
SIZE = {"width": 1440, "height": 900}


def take_plan(browser: Browser, engine: Engine, target: Path) -> None:
    """Photograph the plan of a new step between accountant and lawyer."""
    drawing = added_to_diagram()
    drawing.set("Task_RecordSecurityDecision", name="Записать решение безопасности")
    drawing.set("Gateway_SecurityApproved", name="Безопасность согласна?")
    _make_space(drawing)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "processes"
        shutil.copytree(DIRECTORY, folder)
        (folder / drawing.path.name).write_bytes(etree.tostring(drawing.root))
        decisions = {APPROVAL: ProcessDecisions(begun=Begun.TAKE)}
        page_file = Path(scratch) / "plan.html"
        page_file.write_text(as_html(plan(engine, Release(folder), decisions)), encoding="utf-8")
        page = browser.new_page(viewport=SIZE)  # type: ignore[arg-type]
        page.goto(page_file.as_uri())
        page.screenshot(path=target)
        page.close()


def _make_space(drawing: Drawing) -> None:
    """Move what is to the right of the new step, as the modeler's space tool does."""
    old = Drawing(drawing.path)
    shapes = {one.element: one.box for one in old.read().shapes.values()}
    left, width = shapes[BEFORE].x, shapes[BEFORE].x - shapes[ROW].x
    bottom = shapes[BEFORE].bottom + 250
    known = {found.get("id") for found in old.root.iter() if found.get("bpmnElement")}
    for found in drawing.root.iter(f"{BPMNDI}BPMNShape", f"{BPMNDI}BPMNEdge"):
        points = [*found.iter(f"{DI}waypoint"), *found.iter(f"{DC}Bounds")]
        if found.get("id") not in known or found.get("bpmnElement") == INTO:
            continue
        for point in points:
            if float(point.get("x")) >= left and float(point.get("y")) < bottom:
                point.set("x", str(float(point.get("x")) + width))
    (asked, refused) = (shapes["Gateway_ClientApproved"], shapes["Gateway_AnyRefusal"])
    (x, y), (end, below) = asked.center, refused.center
    drawing.waypoints("Flow_SecurityApprovedYes", (asked.right, y), (left + width, y))
    ends = ((x, asked.bottom), (x, below), (end + width - refused.width / 2, below))
    drawing.waypoints("Flow_SecurityApprovedNo", *ends)
