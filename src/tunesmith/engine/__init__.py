"""The steps of a study, and the recorder that keeps journal, history and trackers in step."""
