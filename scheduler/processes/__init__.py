"""Processes as work: started in a session of their own, heard while they run, ended with all they started."""
