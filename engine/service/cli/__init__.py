"""The command line: one module per group of commands, one way of printing."""

import gc
import os

# Who edits a rule waits for all of this at every look. Almost all that importing makes stays for good, so that looking
# through it for garbage again and again is a tenth of the wait. What a hundred rules make stays below this number.
gc.set_threshold(100_000)
# The server brings pydantic along; its plugins are strangers here, and nobody's.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
