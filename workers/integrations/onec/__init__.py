"""1C as the suite sees it: which contract or shipment stands behind a number that was typed.

contracts   asked of a real 1C over OData                      shipments         … shipments
verdict     the judgement, without any network                 shipment_verdict  … over shipments
directory   clients and our own companies, read for both
manual      no 1C at hand: taken as entered
settings    ONEC_* and the choice between the two
current     the books of the settings as they are now
doctor      whether the configured 1C is ready for us, in plain words
odata       the wire: answers · breaker · keys · literals · rows · errors
profile     names of sets and fields per configuration
numbers     when two written numbers mean one paper
simulator   a 1C of our own for demo and tests; shares nothing with the modules above
"""
