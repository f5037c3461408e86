"""Feature pipelines: declared features, compiled to as-of SQL, equal at training and at scoring."""
