"""The copilot's tools: typed arguments in, typed result out; thin, and where the language model meets the core."""
