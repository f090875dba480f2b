"""Reading files into tables: whatever comes, flat memory, all of it or a clear error.

copying.py      a copy of the source that nobody else writes to, with its digest
formats.py      what the file is, by its first bytes
delimited.py    CSV and its like, as numbered rows (texts.py: the encoding, delimiters.py: what parts the cells)
workbooks.py    XLSX likewise, read in a process of its own (workbook.py)
spool.py        rows into a file that PostgreSQL copies, the types of their columns found on the way (inference.py)
importer.py     all of it, into a table of the warehouse
seeing.py       what the last success saw, and whether it still stands
"""
