"""How long the whole fleet takes to train."""
