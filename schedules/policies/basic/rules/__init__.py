"""The rules, one small pure function each: blocks in, blocks out."""
