"""Other external-task clients that `make bench` compares with: installation and worker programs."""
