"""The offline brain: reads the conversation and calls tools, with no language model and no network."""

from agent.brains.offline.model import OfflineBrain

__all__ = ["OfflineBrain"]
