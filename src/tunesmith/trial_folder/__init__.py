"""Everything about the folder of one trial: names of files, reports, metrics, log, result, checkpoint."""
