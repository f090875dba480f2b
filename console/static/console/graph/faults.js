// What the service says is wrong with a draft: what it is about, and in which words it is told.

import { taskOf } from "./draft.js";

/** Return faults with the tasks and edges that they are about; the service names these by their places. */
export function located(found, draft) {
  return found.map((fault) => {
    if (fault.part === "tasks") return { ...fault, id: draft.tasks[fault.index]?.id };
    return fault.part === "edges" ? { ...fault, ...draft.edges[fault.index] } : fault;
  });
}

/** Return what has to be chosen for a fault to be seen at its field; `otherwise` where any will do. */
export function placeOf({ id, from, to, field }, otherwise) {
  if (id !== undefined) return { kind: "task", id };
  if (from !== undefined) return { kind: "edge", from, to };
  return field ? { kind: "graph" } : otherwise;
}

/** Return what is wrong with a field of what is chosen. */
export function textOf(faults, { kind, id, from, to }, field) {
  const fits = (fault) =>
    fault.field === field &&
    ((kind === "graph" && fault.part === "graph") ||
      (kind === "task" && fault.part === "tasks" && fault.id === id) ||
      (kind === "edge" && fault.part === "edges" && fault.from === from && fault.to === to));
  return faults.filter(fits).map((fault) => fault.text).join(" ");
}

/** Return what is wrong in a line: the first fault, and how many more there are. */
export function summed([first, ...others], draft) {
  const name = first.id === undefined ? "" : `${taskOf(draft, first.id).name}: `;
  const field = first.field && first.part === "graph" ? `${first.field}: ` : "";
  return `${name}${field}${first.text}${others.length ? ` And ${others.length} more.` : ""}`;
}
