"""Settings from defaults, the user's file, study.toml, environment variables and flags."""
