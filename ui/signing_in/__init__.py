"""Who may come in over the network: sessions, tokens, a proxy's word; one door for the page, REST, MCP and models."""
