"""Inspection of uploaded files: parsers in sandboxed processes, and an antivirus.

client          the API's side: sends files to the parsers, turns a finding into a refusal
__main__        the parsers' side: one process per file with limits of time and memory
limits          limits of time and memory that such a process sets itself
findings        reasons for a refusal, with the sentence for each
pdf, office, xml_parts, images, signatures     parsers, one per kind of file
antivirus, clamd                               antivirus port and its ClamAV implementation
upload_queue    lets each person's files be inspected one at a time
"""
