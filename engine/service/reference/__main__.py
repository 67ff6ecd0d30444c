"""`python -m engine.service.reference` prints the reference; `make reference` keeps it."""

import sys

from engine.service.reference.page import page

sys.stdout.write(page())
