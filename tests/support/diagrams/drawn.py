"""A diagram to be broken in a test: small edits by element id, then read again."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

from bpmn.model.elements import Diagram
from bpmn.model.reader import BPMN, BPMNDI, CAMUNDA, DC, DI, parse_diagram

XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"

Element = Any


class Drawing:
    """A .bpmn file in memory. Every method edits it and returns it, so edits read as a chain."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.root = etree.fromstring(path.read_bytes())

    def read(self) -> Diagram:
        return parse_diagram(etree.tostring(self.root), self.path)

    def find(self, element: str) -> Element:
        return next(e for e in self.root.iter() if e.get("id") == element)

    def set(self, element: str, **attributes: str) -> "Drawing":
        self.find(element).attrib.update(attributes)
        return self

    def camunda(self, element: str, name: str, value: str | None) -> "Drawing":
        found = self.find(element)
        found.attrib.pop(f"{CAMUNDA}{name}", None)
        if value is not None:
            found.set(f"{CAMUNDA}{name}", value)
        return self

    def rename(self, old: str, new: str) -> "Drawing":
        text = etree.tostring(self.root, encoding="unicode")
        assert old in text
        self.root = etree.fromstring(text.replace(old, new))
        return self

    def retag(self, element: str, tag: str) -> "Drawing":
        self.find(element).tag = f"{BPMN}{tag}"
        return self

    def drop(self, element: str) -> "Drawing":
        """Remove an element with its picture and its flows."""
        flows = [
            f.get("id")
            for f in self.root.iter(f"{BPMN}sequenceFlow")
            if element in (f.get("sourceRef"), f.get("targetRef"))
        ]
        for name in (element, *flows):
            for found in (self.find(name), self._picture(name)):
                found.getparent().remove(found)
        return self

    def drop_picture(self, element: str) -> "Drawing":
        picture = self._picture(element)
        picture.getparent().remove(picture)
        return self

    def add_flow(self, name: str, source: str, target: str) -> "Drawing":
        flow = etree.SubElement(self.find(source).getparent(), f"{BPMN}sequenceFlow", id=name)
        flow.attrib.update({"sourceRef": source, "targetRef": target})
        return self

    def condition(self, flow: str, text: str | None) -> "Drawing":
        found = self.find(flow)
        for old in found.findall(f"{BPMN}conditionExpression"):
            found.remove(old)
        if text is not None:
            condition = etree.SubElement(found, f"{BPMN}conditionExpression")
            condition.set(XSI_TYPE, "bpmn:tFormalExpression")
            condition.text = text
        return self

    def parameter(self, element: str, name: str, value: str | None) -> "Drawing":
        """Set an input parameter; None removes it."""
        return self._parameter(element, "inputParameter", name, value)

    def output(self, element: str, name: str, value: str | None) -> "Drawing":
        return self._parameter(element, "outputParameter", name, value)

    def drop_listener(self, element: str, event: str) -> "Drawing":
        for found in list(self.find(element).iter(f"{CAMUNDA}taskListener")):
            if found.get("event") == event:
                found.getparent().remove(found)
        return self

    def extend(self, element: str, xml: str) -> "Drawing":
        """Add a camunda extension element, written with the prefix ``camunda``."""
        scope = f'xmlns:camunda="{CAMUNDA[1:-1]}"'
        self._extensions(element).append(etree.fromstring(f"<x {scope}>{xml}</x>")[0])
        return self

    def child(self, element: str, tag: str, **attributes: str) -> "Drawing":
        """Add a BPMN child element, such as an event definition."""
        etree.SubElement(self.find(element), f"{BPMN}{tag}", attributes)
        return self

    def copy(self, elements: list[str], renamed: dict[str, str]) -> "Drawing":
        """Copy elements with their pictures; names inside them change as ``renamed`` says."""
        for name in elements:
            for found in (self.find(name), self._picture(name)):
                text = etree.tostring(found, encoding="unicode", with_tail=False)
                for old, new in renamed.items():
                    text = text.replace(old, new)
                found.getparent().append(etree.fromstring(text))
        return self

    def without(self, element: str, tag: str) -> "Drawing":
        """Remove a BPMN child element."""
        found = self.find(element).find(f"{BPMN}{tag}")
        found.getparent().remove(found)
        return self

    def move_into(self, element: str, scope: str) -> "Drawing":
        """Move an element into a sub-process, its picture stays."""
        self.find(scope).append(self.find(element))
        return self

    def mapping(self, call: str, tag: str, of: str, /, **changed: str | None) -> "Drawing":
        """Change or, without changes, delete a mapping of a call activity."""
        for found in list(self.find(call).iter(f"{CAMUNDA}{tag}")):
            if found.get("source") == of:
                if not changed:
                    found.getparent().remove(found)
                for name, value in changed.items():
                    found.attrib.pop(name, None)
                    if value is not None:
                        found.set(name, value)
        return self

    def timer(self, element: str, text: str) -> "Drawing":
        next(self.find(element).iter(f"{BPMN}timeDate")).text = text
        return self

    def move(self, element: str, x: float, y: float) -> "Drawing":
        """Move a shape by so many pixels, its label and flows stay."""
        bounds = self._picture(element).find(f"{DC}Bounds")
        for side, by in (("x", x), ("y", y)):
            bounds.set(side, str(float(bounds.get(side)) + by))
        return self

    def move_label(self, element: str, x: float, y: float) -> "Drawing":
        bounds = self._picture(element).find(f"{BPMNDI}BPMNLabel/{DC}Bounds")
        bounds.attrib.update({"x": str(x), "y": str(y)})
        return self

    def resize(self, element: str, width: int, height: int) -> "Drawing":
        bounds = self._picture(element).find(f"{DC}Bounds")
        bounds.attrib.update({"width": str(width), "height": str(height)})
        return self

    def waypoints(self, flow: str, *points: tuple[float, float]) -> "Drawing":
        edge = self._picture(flow)
        for old in edge.findall(f"{DI}waypoint"):
            edge.remove(old)
        for x, y in reversed(points):
            edge.insert(0, etree.Element(f"{DI}waypoint", x=str(x), y=str(y)))
        return self

    def _picture(self, element: str) -> Element:
        return next(e for e in self.root.iter() if e.get("bpmnElement") == element)

    def _extensions(self, element: str) -> Element:
        found = self.find(element)
        extensions = found.find(f"{BPMN}extensionElements")
        if extensions is None:
            extensions = etree.Element(f"{BPMN}extensionElements")
            found.insert(0, extensions)
        return extensions

    def _parameter(self, element: str, tag: str, name: str, value: str | None) -> "Drawing":
        extensions = self._extensions(element)
        mapping = extensions.find(f"{CAMUNDA}inputOutput")
        if mapping is None:
            mapping = etree.SubElement(extensions, f"{CAMUNDA}inputOutput")
        for old in mapping.findall(f"{CAMUNDA}{tag}"):
            if old.get("name") == name:
                mapping.remove(old)
        if value is not None:
            etree.SubElement(mapping, f"{CAMUNDA}{tag}", name=name).text = value
        return self


Edit = Callable[[Drawing], object]
