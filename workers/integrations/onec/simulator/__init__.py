"""Simulated 1C infobase: an HTTP process with the OData behavior that was measured on real ones.

It shares no code with the client, so that tests between the two are meaningful.

app            HTTP: authentication, faults, journal    control    actions of an operator, faults
odata_request  parsing of the URL                       service    OData methods
filters        `$filter`                                rendering  JSON, Atom and errors
schema         sets and fields per configuration        infobase   rows, numbering, persistence
faults         faults to simulate                       demo       demo rows: P.I.T. and its clients
running        simulator in a thread, for tests         account    accepted login and password
"""
