"""A 1C of our own: a process that speaks HTTP and OData like the live bases we measured.

Nothing here is shared with the client beside it, so that a test between the two means something.

app         HTTP: who is asking, faults, journal     control    the operator's hands and switches
question    the raw address, taken apart             service    what each method does
filters     `$filter`                                rendering  JSON, Atom and errors
schema      sets and fields per configuration        infobase   rows, numbering, the file
faults      what can be made to go wrong             demo       the company P.I.T. and its clients
running     a simulator in a thread, for tests      account    whom it lets in
"""
