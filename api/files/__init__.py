"""Files of deals: upload, download, quota, antivirus, cleanup."""
