"""The folder of one trial: file names, reports, metrics, log, result, checkpoint, artifacts, exit status."""
