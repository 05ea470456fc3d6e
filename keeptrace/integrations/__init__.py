"""Where keeptrace meets other libraries: one module each, which imports its library."""
