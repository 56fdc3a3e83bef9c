"""Topics of new products: duplicates, the director's threshold, the manager's answers."""
