"""Services for numbers of contracts and shipments that are bound to rows of 1C."""
