"""The command line, on the developer's machine: one module for each job, imported when it is asked for."""
