"""Checks a table from elsewhere, before `restore` opens it: what comes back can neither run nor claim anything.

The restorer itself trusts its table: it travels in the same pickle. A table that was read without running that pickle
goes through here: whatever it says, restoring it and showing what was restored (str, repr, tracebacks, debuggers)

- runs no code but the restorer's and that of builtin and standard types; blobs and marshaled code stay closed;
- imports nothing but the few modules of standard_values.py, and these only from the standard library;
- takes time and memory in proportion to the table, whose records share nothing without limit (sizes.py);
- prints no control characters: they are escaped in names, file names, representations and messages (text.py).

What a table says may still be untrue: it can name any file, class or message, and give a real file another source.
"""
