"""Text for people: cleaned where it comes from outside, numbers and durations in words."""
