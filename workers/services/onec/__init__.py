"""Services about numbers of contracts and shipments bound to rows of 1C."""
