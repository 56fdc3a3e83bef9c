"""The only room that speaks to the external-task client: fetching, locks, answers, shutdown."""
