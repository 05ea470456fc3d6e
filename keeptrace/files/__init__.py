"""Dumps as files: writing one, its header, reading it safely; a folder of them that looks after itself."""
