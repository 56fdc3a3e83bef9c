"""Topics of numbers in 1C: lookup, override, check before shipping, discrepancies."""
