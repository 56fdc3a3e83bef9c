"""Files of deals: endpoints, upload checks, antivirus, quota, cleanup."""
