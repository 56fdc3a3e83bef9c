"""Deals: endpoints, requests, responses, permissions."""
