"""BPMN diagrams, the gate that checks them, and the Camunda engine."""
