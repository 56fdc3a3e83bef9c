"""BPMN diagrams as Python objects: reader, elements, SVG rendering."""
