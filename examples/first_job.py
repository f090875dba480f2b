"""A first job in Python: `celeriac run examples/first_job.py`, or `python examples/first_job.py`; see docs/sdk.md."""

from celeriac import Job, Task

job = Job("First job")
sync = Task("Sync Data", "echo 'three rows'; sleep 1")
one, two = Task("Feature Engineering1", "sleep 1"), Task("Feature Engineering2", "sleep 1")
learn = Task("Machine Learning", 'echo "learned from $ROWS"', env={"ROWS": "{{ results.sync_data | trim }}"})
mail = Task("Send Email", "echo sent", retries=2, retry_delay=10)

sync >> [one, two] >> learn >> mail
job.add_task(sync, one, two, learn, mail)
job.run()
