"""DOCX templates: read and filled in processes of their own.

client          the API's side: hands a template to a process
__main__        the other side: one template, with limits of time and memory
docx            finds and replaces placeholders in the paragraphs of a file
outline         what a filled document says, for the preview
"""
