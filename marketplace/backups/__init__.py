"""Backups: one file that holds the database and the media, and proof that it can be brought back."""
