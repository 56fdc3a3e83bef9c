"""Goods of a deal taken from an order in 1C: endpoints and schemas."""
