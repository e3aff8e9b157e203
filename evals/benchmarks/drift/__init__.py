"""Drift on the simulated plant: what is found, what is named as its cause, and what is cried in vain."""
