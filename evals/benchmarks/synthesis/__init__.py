"""Synthetic data: does it look like the record, and do models learn more from it."""
