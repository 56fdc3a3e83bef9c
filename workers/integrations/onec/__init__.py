"""Integration with 1C: finds the contract or shipment that an entered number refers to.

gateways        opens the gateways for the settings `ONEC_*`
odata_gateway   search and fetch over OData, for contracts and for shipments
matching        decides which record a number means, without I/O; rules per kind of record
numbers         comparison of numbers
directory       clients, our own companies and warehouses, which records reference
manual          gateway for use without 1C
profile         names of entity sets and fields per configuration
doctor          diagnosis of the connection for administrators
odata           HTTP client of the OData interface
simulator       stand-alone 1C for demo and tests; imports none of the modules above
"""
