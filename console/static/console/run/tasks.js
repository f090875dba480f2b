// The tasks of the run as they are known here: read once as a whole, then moved by the events of the stream.

import { ENDED, STATES } from "./words.js";

const TOGETHER = 80; // milliseconds within which changes are told as one

/** Tells `change` (detail: the tasks, null for all), `run` (detail: the run's new state) and `born` (read them anew). */
export class Tasks extends EventTarget {
  #changed = new Set();
  #timer = 0;

  /** Take over what the server tells of all tasks. */
  read(told) {
    this.base = Date.parse(told.base);
    this.skew = Date.now() - this.base - told.now; // between this clock and the server's
    this.groups = told.groups;
    const columns = Object.fromEntries(told.columns.map((name, place) => [name, place]));
    this.all = told.tasks.map((row, node) => task(row, node, columns, told));
    this.byKey = new Map(this.all.map((one) => [one.key, one]));
    for (let place = 0; place < told.edges.length; place += 2) {
      const [before, after] = [this.all[told.edges[place]], this.all[told.edges[place + 1]]];
      before.after.push(after);
      after.before.push(before);
    }
    this.#tell(null);
  }

  /** Return the present, in milliseconds since `base`, by the server's clock. */
  now() {
    return Date.now() - this.skew - this.base;
  }

  counts() {
    const counts = Object.fromEntries(STATES.map((state) => [state, 0]));
    for (const one of this.all) counts[one.state] += 1;
    return counts;
  }

  /** Take one event `transition`; to take it again changes nothing. */
  move({ task_id: id, key, to_state: state, attempt, cause, reason, ran_on: ranOn, at }) {
    if (id === null) {
      this.dispatchEvent(new CustomEvent("run", { detail: state }));
      return;
    }
    const one = this.byKey.get(key);
    if (!one) return;
    if (one.id === null) this.dispatchEvent(new CustomEvent("born"));
    const when = Date.parse(at) - this.base;
    one.state = state;
    one.attempt = attempt ?? one.attempt;
    one.reason = reason;
    one.progress = one.due = null;
    one.ended = ENDED.has(state) ? when : null;
    if (state === "RUNNING") {
      one.started = when;
      one.worker = ranOn;
      begin(one, attempt, when);
    } else if (state !== "WAITING") leave(one, when, state, cause);
    this.#touch(one);
  }

  /** Take one event `progress`. */
  report({ key, progress, message }) {
    const one = this.byKey.get(key);
    if (!one) return;
    one.progress = { progress, message };
    this.#touch(one);
  }

  #touch(one) {
    this.#changed.add(one);
    this.#timer ||= setTimeout(() => {
      const changed = this.#changed;
      this.#changed = new Set();
      this.#timer = 0;
      this.#tell(changed);
    }, TOGETHER);
  }

  #tell(detail) {
    this.dispatchEvent(new CustomEvent("change", { detail }));
  }
}

function task(row, node, columns, told) {
  const of = (name) => row[columns[name]];
  const one = {
    node,
    id: of("id"),
    key: of("key"),
    name: of("name") ?? of("key"),
    state: told.states[of("state")],
    attempt: of("attempt"),
    started: of("started"),
    ended: of("ended"),
    due: of("due"),
    reason: of("reason"),
    driver: of("driver"),
    group: of("group"),
    worker: told.workers[of("worker")] ?? null,
    progress: of("progress"),
    before: [],
    after: [],
  };
  one.text = `${one.name}\n${one.key}`.toLowerCase();
  one.attempts = told.attempts[node]?.map(([number, began, ended, outcome, worker]) => ({ number, began, ended, outcome, worker: told.workers[worker] ?? null })) ?? first(one);
  return one;
}

function first(one) {
  if (one.started === null) return [];
  return [{ number: one.attempt, began: one.started, ended: one.ended, outcome: one.ended === null ? null : one.state, worker: one.worker }];
}

function begin(one, number, began) {
  const known = one.attempts.find((attempt) => attempt.number === number);
  if (known) Object.assign(known, { ended: null, outcome: null });
  else one.attempts.push({ number, began, ended: null, outcome: null, worker: one.worker });
}

function leave(one, when, state, cause) {
  const last = one.attempts.at(-1);
  if (last && last.ended === null) Object.assign(last, { ended: when, outcome: outcome(state, cause) });
}

/** Return what became of an attempt: as runs/attempts.py says it. */
function outcome(state, cause) {
  if (ENDED.has(state)) return state;
  if (cause === "its time has come") return "SUCCESS";
  return cause === "worker lost" || cause.startsWith("Celery: ") ? "lost" : "FAILED";
}

/** Return for how long a task has been at it, or was; null where it has not begun. */
export function took(one, now) {
  if (one.started === null) return null;
  if (one.ended !== null) return one.ended - one.started;
  return one.state === "RUNNING" || one.state === "WAITING" ? now - one.started : null;
}
