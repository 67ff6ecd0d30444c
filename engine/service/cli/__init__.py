"""The command line: one module per group of commands, one way of printing."""

import gc
import os

# Who edits a rule waits for all of this at every look. Almost all that importing makes stays for good, so that looking
# through it for garbage again and again is a tenth of the wait; plugins of pydantic are strangers here, and nobody's.
gc.set_threshold(50_000)
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
