"""Values of fields: parsing, formatting, and the rules of their kinds."""
