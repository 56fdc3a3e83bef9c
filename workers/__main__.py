"""`python -m workers`: the worker process."""

from workers.service import main

main()
