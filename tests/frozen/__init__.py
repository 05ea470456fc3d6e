"""Dumps that releases have written, the program that wrote them, and what they show."""
