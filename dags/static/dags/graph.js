'use strict';
// Keeps what the edges offer in step with the keys of the tasks, also of those that are not saved yet.
{
    const offered = document.getElementById('task-keys');
    const field = (row, name) => row.querySelector(`[name$="-${name}"]`);
    const rowsOf = (group) => [...document.querySelectorAll(`#${group}-group .dynamic-${group}`)];
    // As the server makes a key of a name; it has the last word.
    const slug = (name) => name.toLowerCase().replace(/[^\p{L}\p{N}_]+/gu, '_').replace(/^_+|_+$/g, '');
    const keyOf = (row) => field(row, 'key').value.trim() || slug(field(row, 'name').value);

    function offer() {
        for (const row of rowsOf('tasks')) {
            field(row, 'key').placeholder = slug(field(row, 'name').value) || 'made from the name';
        }
        const keys = new Set(rowsOf('tasks').map(keyOf).filter(Boolean));
        offered.replaceChildren(...[...keys].map((key) => Object.assign(document.createElement('option'), {value: key})));
    }

    function follow(row) {
        // The edges of a task whose key has changed go on meaning that task.
        const before = row.dataset.key, now = keyOf(row);
        row.dataset.key = now;
        if (!before || before === now || rowsOf('tasks').some((other) => other !== row && keyOf(other) === before)) {
            return;
        }
        for (const edge of rowsOf('edges')) {
            for (const end of [field(edge, 'task_from'), field(edge, 'task_to')]) {
                if (end.value === before) {
                    end.value = now;
                }
            }
        }
    }

    if (offered) {
        window.addEventListener('load', () => {
            offer();
            rowsOf('tasks').forEach((row) => { row.dataset.key = keyOf(row); });
        });
        document.getElementById('tasks-group').addEventListener('input', offer);
        document.getElementById('tasks-group').addEventListener('change', (event) => {
            const row = event.target.closest('.dynamic-tasks');
            if (row) {
                follow(row);
            }
        });
        document.addEventListener('formset:added', offer);
        document.addEventListener('formset:removed', offer);
    }
}
