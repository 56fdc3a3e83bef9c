"""Topics of order fulfillment: route, driver, delivery, tracking."""
