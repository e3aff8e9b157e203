"""What the agent costs beside the tools it calls."""
