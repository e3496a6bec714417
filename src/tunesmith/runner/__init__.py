"""What drives a study from the first trial to the last."""
