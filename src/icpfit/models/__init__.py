"""Win and retention models: tuned, calibrated, tested forward in time, and honest about both."""
