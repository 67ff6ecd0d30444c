"""A rival that dies as durable-rules can: after some contacts, without a word."""

import os
import signal
import sys

sys.stdout.write('{"done": 100, "seconds": 0.5}\n{"done": 200, "sec')
sys.stdout.flush()
os.kill(os.getpid(), signal.SIGSEGV)
