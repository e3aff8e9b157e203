"""Agents of other makes, as `millwright eval --agent` takes them."""
