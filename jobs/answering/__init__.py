"""Answers of other systems into tables: page after page (paging), read as rows (reading), gathered by column (gathering)."""
