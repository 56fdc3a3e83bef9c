"""Entry point of `python -m workers`, the worker process."""

from workers.bootstrap import main

main()
