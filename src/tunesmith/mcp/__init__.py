"""A Model Context Protocol server: the verbs of the command line as tools for agents. Needs the extra `mcp`."""
