"""A Model Context Protocol server: the command line's verbs as tools for agents. Requires the extra `mcp`."""
