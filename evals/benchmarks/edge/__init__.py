"""The edge bundles: equal to the models they came from, small, fast, and the same on arm64."""
