"""What is to be done about payments and credits, decided without touching anything."""
