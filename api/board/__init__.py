"""Board of a direction: stages as columns with totals and pages of cards."""
