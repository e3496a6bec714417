"""The report of a fit: pictures and sentences from an assessment, and the page that holds them."""
