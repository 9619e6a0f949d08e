"""ConnectWise PSA over HTTP: the REST API 3.0, its accounting interface and its callbacks."""
