"""In-app notifications and unsent mails: endpoints."""
