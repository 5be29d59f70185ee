"""Simulated and recorded workers: for the demonstration, for looking at progress, and for measuring.

Everything goes through the same services as the pages; nothing here knows a short cut into a table.
"""
