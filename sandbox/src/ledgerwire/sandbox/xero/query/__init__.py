"""Reading lists: the where language, the filters, the pages."""
