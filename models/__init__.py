"""The deterministic core: every number is computed here, and nothing here knows a language model."""
