"""Naming the failure mode from the readings alone, on simulated machines whose fault is known."""
