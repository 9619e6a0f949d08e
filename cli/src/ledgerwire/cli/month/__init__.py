"""A quarter of business of four companies, from the first close to the books check."""
