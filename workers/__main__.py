"""`python -m workers`: the worker process."""

from db.settings import SecretRefused
from workers.service import main

try:
    main()
except SecretRefused as refused:
    raise SystemExit(refused.sentence) from refused
