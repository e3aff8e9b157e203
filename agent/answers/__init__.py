"""Answers in plain words, composed from typed results."""

from agent.answers.asked import Asked, Topic
from agent.answers.composing import compose

__all__ = ["Asked", "Topic", "compose"]
