"""Generates the reference pages of the documentation site from the code.

`pages()` of each module renders one part; `docs.generator.hooks` hands them to MkDocs. Nothing is
written into the source tree, so a generated page cannot be older than the code.
"""
