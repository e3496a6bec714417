"""Reports on a study: values first, then plots and sentences, then one HTML page."""
