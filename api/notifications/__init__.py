"""In-app notifications and unsent e-mails: endpoints and schemas."""
