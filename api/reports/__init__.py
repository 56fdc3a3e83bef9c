"""Reports for heads: tables of aggregates, shown as charts and exported."""
