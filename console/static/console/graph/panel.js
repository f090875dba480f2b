// The side panel: the fields of what is chosen, with their faults; each change becomes an edit of the draft.

import { childrenOf, edgeOf, parentsOf, taskOf } from "./draft.js";

const LABELS = { python: "Callable", http: "URL", job: "Command", shell: "Shell command", exec: "Program and arguments" };
const KINDS = {
  text: { read: (text) => text, write: (value) => value ?? "" },
  optional: { read: (text) => text || null, write: (value) => value ?? "" },
  flag: { read: (_, field) => field.checked },
  number: { read: (text) => asNumber(text, text), write: (value) => value ?? "" },
  "number-or-none": { read: (text) => asNumber(text, null), write: (value) => value ?? "" },
  json: { read: asJSON, write: (value) => (value === null ? "" : asText(value)) },
};

function asNumber(text, empty) {
  if (text.trim() === "") return empty;
  return Number.isNaN(Number(text)) ? text : Number(text);
}

function asJSON(text) {
  if (text.trim() === "") return null;
  try {
    return JSON.parse(text);
  } catch {
    return text; // as it stands: the service says what is wrong with it
  }
}

const asText = (value) => (typeof value === "string" ? value : JSON.stringify(value, null, 2));

const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/** Make the panel of an editor; `act` has what it may do to the draft. */
export function makePanel(side, { drivers, act }) {
  const parts = new Map([...side.querySelectorAll("[data-panel]")].map((part) => [part.dataset.panel, part]));
  const newParent = side.querySelector(".new-parent");
  let offerParents = () => {};
  let chosen = { kind: "graph" };

  for (const [kind, part] of parts) {
    for (const field of part.querySelectorAll("[data-field]")) {
      field.addEventListener(field.type === "checkbox" || field.tagName === "SELECT" ? "change" : "input", () => {
        act.set(kind, chosen, field.dataset.field, KINDS[field.dataset.kind].read(field.value, field));
      });
      field.addEventListener("change", () => field.dataset.kind === "json" && tellJSON(field));
    }
  }
  side.addEventListener("keydown", (event) => {
    // Inside of the admin's form, Enter would send it.
    if (event.key === "Enter" && event.target.tagName === "INPUT") event.preventDefault();
    if (event.key === "Escape") act.toPicture();
  });

  // Thousands of tasks to wait for are named when somebody wants to choose one, not with each letter that is typed.
  newParent?.addEventListener("focus", () => {
    if (newParent.options.length === 1) offerParents();
  });

  function tellJSON(field) {
    const read = KINDS.json.read(field.value);
    const wrong = typeof read === "string";
    tellFault(field, wrong ? "This is no JSON object." : "");
  }

  function tellFault(field, text) {
    const place = field.closest(".field").querySelector(".fault");
    place.textContent = text;
    place.hidden = !text;
    if (text) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
  }

  function fill(part, values, faultOf) {
    for (const field of part.querySelectorAll("[data-field]")) {
      const { field: name, kind } = field.dataset;
      if (kind === "flag") field.checked = values[name];
      // What is typed stays as it is typed, as long as it means what the draft says.
      else if (!same(KINDS[kind].read(field.value), values[name])) write(field, KINDS[kind].write(values[name]));
      tellFault(field, faultOf(name));
    }
  }

  function write(field, text) {
    if (field.tagName === "SELECT" && ![...field.options].some((option) => option.value === String(text))) {
      field.append(new Option(text, text)); // one that is known no more stays to be seen
    }
    if (field.value !== String(text)) field.value = text;
  }

  function showTask(part, draft, task) {
    const known = drivers.find((driver) => driver.name === task.driver);
    part.querySelector(".command-label").textContent = LABELS[task.driver] ?? "Command";
    part.querySelector(".configs-help").textContent = known?.configs.length
      ? `JSON with ${known.configs.join(", ")}.`
      : "This driver takes none.";
    const command = part.querySelector('[data-field="command"]');
    if (task.driver === "python") command.setAttribute("list", "callables");
    else command.removeAttribute("list");
    showEnds(part.querySelector(".parents"), draft, task, parentsOf(draft, task.id), true);
    showEnds(part.querySelector(".children"), draft, task, childrenOf(draft, task.id), false);
    if (newParent) offerParents = () => newParent.append(...parentsFor(draft, task));
    newParent?.replaceChildren(new Option("Wait for…", ""));
  }

  function parentsFor(draft, task) {
    const taken = new Set([task.id, ...parentsOf(draft, task.id)]);
    return draft.tasks.filter((one) => !taken.has(one.id)).map((one) => new Option(one.name || one.key, one.id));
  }

  function showEnds(list, draft, task, ids, parents) {
    const items = ids.map((id) => {
      const [from, to] = parents ? [id, task.id] : [task.id, id];
      const item = document.createElement("li");
      const open = document.createElement("button");
      const other = taskOf(draft, id);
      const name = document.createElement("span");
      open.type = "button";
      open.className = "end";
      name.textContent = other.name || other.key;
      const condition = document.createElement("span");
      condition.className = "faint";
      condition.textContent = edgeOf(draft, from, to).condition;
      open.append(name, " ", condition);
      open.setAttribute("aria-label", `Edge ${parents ? "from" : "to"} ${name.textContent}, ${condition.textContent}`);
      open.addEventListener("click", () => act.choose({ kind: "edge", from, to }, { focus: "panel" }));
      item.append(open);
      return item;
    });
    list.replaceChildren(...items);
    list.closest(".ends").hidden = !items.length && !parents;
  }

  /** Show what is chosen of a draft; `faultOf(chosen, field)` says what is wrong. */
  function show(draft, now, faultOf) {
    chosen = now;
    for (const [kind, part] of parts) part.hidden = kind !== chosen.kind;
    const part = parts.get(chosen.kind);
    if (chosen.kind === "graph") fill(part, draft.graph, (name) => faultOf(chosen, name));
    if (chosen.kind === "task") {
      const task = taskOf(draft, chosen.id);
      fill(part, task, (name) => faultOf(chosen, name));
      showTask(part, draft, task);
    }
    if (chosen.kind === "edge") {
      fill(part, edgeOf(draft, chosen.from, chosen.to), (name) => faultOf(chosen, name));
      part.querySelector(".edge-from").textContent = taskOf(draft, chosen.from).name;
      part.querySelector(".edge-to").textContent = taskOf(draft, chosen.to).name;
    }
  }

  return {
    show,
    focus(name) {
      const part = parts.get(chosen.kind);
      const field = (name && part.querySelector(`[data-field="${name}"]`)) || part.querySelector("[data-field]");
      field.closest("details")?.setAttribute("open", "");
      field.focus();
      if (field.select) field.select();
    },
  };
}
