"""Real servers for tests: started once per run, or given; a missing one fails the tests that need it, with the reason."""
