"""What it costs to record a crash, with keeptrace and with the tools like it. `python -m benchmarks` runs it."""
