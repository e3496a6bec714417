"""What happened: events, appended and never changed."""
