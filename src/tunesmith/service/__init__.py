"""What the command line, the MCP server and the web page share."""
