"""Documents from templates: endpoints of the administrator and of deals.

routes, requests, responses   the endpoints
values                        texts of the placeholders in one deal
"""
