"""Reads what Python printed about exceptions: for `keeptrace.utils.parse_tracebacks`."""
