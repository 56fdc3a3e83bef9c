"""1C as the suite sees it: which contract stands behind a number that an operator typed.

port        what may be asked and every answer there is
contracts   asked of a real 1C over OData          verdict   the judgement, without any network
manual      no 1C at hand: taken as entered
settings    ONEC_* and the choice between the two
odata       the wire: answers · breaker · literals · rows · errors
profile     names of sets and fields per configuration
numbers     when two written numbers mean one contract
simulator   a 1C of our own for demo and tests; shares nothing with the modules above
"""
