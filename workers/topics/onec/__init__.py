"""Topics that confirm, recheck and override numbers of 1C."""
