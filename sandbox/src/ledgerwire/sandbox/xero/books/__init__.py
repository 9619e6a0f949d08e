"""What may be written to the books and what follows from it: documents, money movements, contacts."""
