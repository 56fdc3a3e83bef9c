"""Inspection of uploaded files, each in a process of its own with bounded time and memory.

bounded      the API's end: hands files over, turns a finding into a refusal
__main__     the other end: forks for every file and bounds the fork
findings     what may be wrong with a file, and the sentence for each
pdf, office, xml_parts, images, signatures     one kind of file each
"""
