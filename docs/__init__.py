"""Documentation site: Markdown sources and the generator of its reference pages."""
