"""`import keepTrace`, the project's older spelling: the same module as keeptrace."""

import sys

import keeptrace
import keeptrace.utils

sys.modules["keepTrace"] = keeptrace
sys.modules["keepTrace.utils"] = keeptrace.utils
