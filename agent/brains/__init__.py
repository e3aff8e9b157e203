"""What can hold the conversation: the offline brain, or any chat model LangChain knows."""
