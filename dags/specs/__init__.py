"""Job specs: documents that say which nodes a job needs and what runs on them, stage by stage. Pure but for the doors above."""
