// The graph that is being edited, as plain values that never change: each edit returns a new one.

const TASK = {
  name: "",
  key: "",
  description: "",
  driver: "python",
  command: "",
  configs: null,
  auto_report: true,
  retries: 0,
  retry_delay: 0,
  retry_backoff: 1,
  timeout: null,
  trigger_rule: "all_success",
  queue: null,
  priority: 0,
  node_selector: null,
};
const GRAPH = {
  name: "",
  execution_key: "default",
  description: "",
  on_failure: "skip",
  max_parallel: null,
  params_schema: null,
};
const MAX_KEY = 200;

const only = (known, values) =>
  Object.fromEntries(Object.entries(known).map(([name, usual]) => [name, values[name] ?? usual]));

/** Return the draft of a graph as a revision keeps it. */
export function fromGraph(graph) {
  const places = new Map(graph.tasks.map((task, id) => [task.key, id]));
  const tasks = graph.tasks.map((task, id) => ({ ...only(TASK, task), id }));
  const edges = graph.edges.map((edge) => ({
    from: places.get(edge.task_from),
    to: places.get(edge.task_to),
    condition: edge.condition ?? "success",
  }));
  const project = graph.project === undefined ? {} : { project: graph.project };
  return { graph: { ...only(GRAPH, graph), ...project }, tasks, edges, next: tasks.length };
}

/** Return what the API takes. */
export function toGraph(draft) {
  const keys = new Map(draft.tasks.map((task) => [task.id, task.key]));
  return {
    ...draft.graph,
    tasks: draft.tasks.map(({ id, ...fields }) => fields),
    edges: draft.edges.map(({ from, to, condition }) => ({
      task_from: keys.get(from),
      task_to: keys.get(to),
      condition,
    })),
  };
}

export const taskOf = (draft, id) => draft.tasks.find((task) => task.id === id);
export const edgeOf = (draft, from, to) => draft.edges.find((edge) => edge.from === from && edge.to === to);
export const childrenOf = (draft, id) => draft.edges.filter((edge) => edge.from === id).map((edge) => edge.to);
export const parentsOf = (draft, id) => draft.edges.filter((edge) => edge.to === id).map((edge) => edge.from);

/** Return the key that a name stands for, as the service makes it; one that is taken gets a number. */
export function freshKey(draft, name, except) {
  const taken = new Set(draft.tasks.filter((task) => task.id !== except).map((task) => task.key));
  const base = slug(name);
  let key = base;
  for (let number = 2; taken.has(key); number += 1) {
    key = `${base.slice(0, MAX_KEY - String(number).length - 1)}_${number}`;
  }
  return key;
}

function slug(name) {
  const words = name.toLowerCase().replace(/[^\p{L}\p{N}_]+/gu, "_");
  return words.replace(/^_+|_+$/g, "").slice(0, MAX_KEY) || "task";
}

/** Add a task, which waits for `parent` if there is one; return the draft and the task's id. */
export function addTask(draft, name, parent = null) {
  const id = draft.next;
  const task = { ...TASK, id, name, key: freshKey(draft, name) };
  const edges = parent === null ? draft.edges : [...draft.edges, { from: parent, to: id, condition: "success" }];
  return [{ ...draft, tasks: [...draft.tasks, task], edges, next: id + 1 }, id];
}

/** Change a field of a task. The key of a new one follows its name until it has one of its own; `keys` are those of old ones. */
export function setTask(draft, id, field, value, keys) {
  const tasks = draft.tasks.map((task) => {
    if (task.id !== id) return task;
    const follows = field === "name" && !keys.has(task.key) && task.key === freshKey(draft, task.name, id);
    return { ...task, [field]: value, ...(follows ? { key: freshKey(draft, value, id) } : {}) };
  });
  return { ...draft, tasks };
}

export function setGraph(draft, field, value) {
  return { ...draft, graph: { ...draft.graph, [field]: value } };
}

/** Remove a task with its edges. */
export function removeTask(draft, id) {
  const edges = draft.edges.filter((edge) => edge.from !== id && edge.to !== id);
  return { ...draft, tasks: draft.tasks.filter((task) => task.id !== id), edges };
}

export function addEdge(draft, from, to, condition = "success") {
  return { ...draft, edges: [...draft.edges, { from, to, condition }] };
}

export function setEdge(draft, from, to, condition) {
  const edges = draft.edges.map((edge) => (edge.from === from && edge.to === to ? { ...edge, condition } : edge));
  return { ...draft, edges };
}

export function removeEdge(draft, from, to) {
  return { ...draft, edges: draft.edges.filter((edge) => edge.from !== from || edge.to !== to) };
}

/** Return the shortest way along edges from one task to another, both included; null where there is none. */
export function findWay(draft, start, end) {
  const children = new Map();
  for (const { from, to } of draft.edges) children.set(from, [...(children.get(from) ?? []), to]);
  const before = new Map([[start, null]]);
  const queue = [start];
  for (const at of queue) {
    if (at === end) {
      const way = [];
      for (let step = end; step !== null; step = before.get(step)) way.unshift(step);
      return way;
    }
    for (const next of children.get(at) ?? []) {
      if (!before.has(next)) {
        before.set(next, at);
        queue.push(next);
      }
    }
  }
  return null;
}
