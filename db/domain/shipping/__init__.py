"""Delivery routes and runs of fulfillment."""
