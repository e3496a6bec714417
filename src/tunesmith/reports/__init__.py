"""A study in one HTML page: values first, then pictures, then the page."""
