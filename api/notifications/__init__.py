"""In-app notifications and unsent emails: endpoints and schemas."""
