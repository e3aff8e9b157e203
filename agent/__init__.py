"""The copilot: brains, conversations, approvals, and what holds an answer to what was found."""

from agent.late_packages import read_when_asked

read_when_asked()
