"""Judges, which decide whether a finished trial is really better. One file per judge, named like the plugin."""
