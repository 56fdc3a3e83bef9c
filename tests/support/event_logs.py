"""Rules of the published schemas of event logs: OCEL 2.0 (JSON) and XES (IEEE 1849-2016)."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

TYPES = {"string", "time", "integer", "float", "boolean"}
KEYS: Mapping[str, tuple[set[str], set[str]]] = {
    # list of the document → required keys, other allowed keys
    "objectTypes": ({"name", "attributes"}, set()),
    "eventTypes": ({"name", "attributes"}, set()),
    "objects": ({"id", "type"}, {"attributes", "relationships"}),
    "events": ({"id", "type", "time"}, {"attributes", "relationships"}),
}
XES = """\
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="http://www.xes-standard.org/"
  targetNamespace="http://www.xes-standard.org/" elementFormDefault="qualified">
 <xs:element name="log"><xs:complexType><xs:sequence>
   <xs:element name="extension" minOccurs="0" maxOccurs="unbounded"><xs:complexType>
     <xs:attribute name="name" type="xs:NCName" use="required"/>
     <xs:attribute name="prefix" type="xs:NCName" use="required"/>
     <xs:attribute name="uri" type="xs:anyURI" use="required"/></xs:complexType></xs:element>
   <xs:element name="global" minOccurs="0" maxOccurs="2"><xs:complexType>
     <xs:group ref="attributes" maxOccurs="unbounded"/>
     <xs:attribute name="scope" use="required"><xs:simpleType>
       <xs:restriction base="xs:NCName"><xs:enumeration value="trace"/>
       <xs:enumeration value="event"/></xs:restriction></xs:simpleType></xs:attribute>
   </xs:complexType></xs:element>
   <xs:element name="classifier" minOccurs="0" maxOccurs="unbounded"><xs:complexType>
     <xs:attribute name="name" type="xs:NCName" use="required"/>
     <xs:attribute name="scope" type="xs:NCName"/>
     <xs:attribute name="keys" type="xs:token" use="required"/></xs:complexType></xs:element>
   <xs:group ref="attributes" minOccurs="0" maxOccurs="unbounded"/>
   <xs:element name="trace" minOccurs="0" maxOccurs="unbounded"><xs:complexType><xs:sequence>
     <xs:group ref="attributes" minOccurs="0" maxOccurs="unbounded"/>
     <xs:element name="event" minOccurs="0" maxOccurs="unbounded"><xs:complexType>
       <xs:group ref="attributes" minOccurs="0" maxOccurs="unbounded"/>
     </xs:complexType></xs:element></xs:sequence></xs:complexType></xs:element>
  </xs:sequence>
  <xs:attribute name="xes.version" type="xs:string" use="required"/>
  <xs:attribute name="xes.features" type="xs:token" use="required"/>
 </xs:complexType></xs:element>
 <xs:group name="attributes"><xs:choice>
   <xs:element name="string" type="text"/><xs:element name="date" type="instant"/>
 </xs:choice></xs:group>
 <xs:complexType name="text"><xs:attribute name="key" type="xs:Name" use="required"/>
   <xs:attribute name="value" type="xs:string" use="required"/></xs:complexType>
 <xs:complexType name="instant"><xs:attribute name="key" type="xs:Name" use="required"/>
   <xs:attribute name="value" type="xs:dateTime" use="required"/></xs:complexType>
</xs:schema>
"""
"""The part of the published XSD that a log of texts and instants needs, with its order."""


def faults_of_ocel(log: Mapping[str, Any]) -> list[str]:
    """Violations of the OCEL schema and dangling references; empty: valid."""
    return list(_faults(log))


def _faults(log: Mapping[str, Any]) -> Iterator[str]:
    if set(log) != set(KEYS):
        yield f"keys {sorted(log)}"
        return
    for part, (required, allowed) in KEYS.items():
        for one in log[part]:
            if not required <= set(one) <= required | allowed:
                yield f"{part}: {one}"
    declared = {
        part: {
            one["name"]: {known["name"]: known["type"] for known in one["attributes"]}
            for one in log[part]
        }
        for part in ("objectTypes", "eventTypes")
    }
    for part, types in (("objects", "objectTypes"), ("events", "eventTypes")):
        ids = [one["id"] for one in log[part]]
        if len(ids) != len(set(ids)):
            yield f"{part}: ids occur twice"
        for one in log[part]:
            known = declared[types].get(one["type"])
            if known is None or not set(known.values()) <= TYPES:
                yield f"type of {one['id']}"
                continue
            for attribute in one.get("attributes", ()):
                timed = {"time"} if part == "objects" else set()
                if set(attribute) != {"name", "value"} | timed or attribute["name"] not in known:
                    yield f"{one['id']}: {attribute}"
    objects = {one["id"] for one in log["objects"]}
    for one in (*log["objects"], *log["events"]):
        for related in one.get("relationships", ()):
            if set(related) != {"objectId", "qualifier"} or related["objectId"] not in objects:
                yield f"{one['id']}: {related}"
    for event in log["events"]:
        if datetime.fromisoformat(event["time"]).tzinfo is None:
            yield f"{event['id']}: {event['time']}"


def faults_of_xes(document: bytes) -> list[str]:
    """Violations of the XES schema; empty: valid."""
    schema = etree.XMLSchema(etree.fromstring(XES))
    schema.validate(etree.fromstring(document))
    return [re.sub(r"\s+", " ", error.message) for error in schema.error_log]
