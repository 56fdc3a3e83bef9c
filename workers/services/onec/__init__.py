"""Services that find numbers of contracts and shipments in 1C and compare them with its rows."""
