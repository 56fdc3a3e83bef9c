"""Steps of a process that a person answers on a form: of a repair and of a new product."""
