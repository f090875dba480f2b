// The tasks as a tree: by pipelines, stages and nodes where the run has them, else each below the last of those it waits for.

import { Rows, link } from "./rows.js";
import { ENDED, many, shape, word } from "./words.js";
import { make } from "../elements.js";

const HEIGHT = 34;
const KINDS = ["Pipeline", "Stage", "Node"];
const DEEPEST = 10; // levels that are set in
const OPEN_AT_FIRST = 300; // rows; beyond, branches are opened by hand

export function tree(tasks) {
  const turned = new Map(); // whether a branch was opened or closed by hand
  let wanted = null; // the items on the way to what is looked for; null for all
  let roots = [];
  const rows = new Rows({ roles: ["tree", "treeitem"], label: "Tasks", height: HEIGHT, build, fill, name: (item) => item.name });
  const element = make("div", "tree");
  element.append(rows.box);
  rows.box.addEventListener("keydown", (event) => {
    const item = rows.items[event.target.closest(".row")?.dataset.place];
    if (!item?.inner.length || !["ArrowLeft", "ArrowRight"].includes(event.key)) return;
    event.preventDefault();
    turn(item, event.key === "ArrowRight");
  });

  function build(item) {
    const row = make("div", "line");
    const toggle = make("button", "quiet toggle");
    toggle.type = "button";
    toggle.tabIndex = -1; // the arrow keys do it
    toggle.addEventListener("click", () => {
      const present = rows.items[row.dataset.place];
      turn(present, !present.open);
    });
    const label = item.one ? link(item.one) : make("a", "to-group", item.label);
    if (!item.one) label.href = "#tasks-title";
    if (!item.one) label.addEventListener("click", (event) => {
      event.preventDefault();
      toggle.click();
    });
    row.append(toggle, make("span", "mark"), label, make("span", "faint more"));
    return row;
  }

  function fill(row, item) {
    const [toggle, mark, , more] = row.children;
    row.style.paddingLeft = `${Math.min(item.depth, DEEPEST) * 1.25}rem`;
    row.setAttribute("aria-level", item.depth + 1);
    toggle.classList.toggle("leaf", !item.inner.length);
    toggle.textContent = item.open ? "▾" : "▸";
    toggle.setAttribute("aria-label", item.open ? "Close" : "Open");
    if (item.inner.length) row.setAttribute("aria-expanded", item.open);
    else row.removeAttribute("aria-expanded");
    const state = item.one ? item.one.state : rolledUp(item);
    if (row.dataset.state !== state) {
      row.dataset.state = state;
      mark.replaceChildren(shape(state), make("span", "hidden", word(state)));
    }
    more.textContent = item.one ? also(item) : `${item.kind} · ${many(count(item), "task")}`;
    row.classList.toggle("is-chosen", Boolean(item.one) && item.one.key === tasks.chosen);
  }

  function turn(item, open) {
    turned.set(item.name, open);
    lay();
  }

  function show(list) {
    if (roots.of !== tasks.all) roots = Object.assign(tasks.groups.length ? grouped(tasks) : below(tasks), { of: tasks.all });
    wanted = list.length === tasks.all.length ? null : new Set();
    for (const one of wanted ? list : []) {
      for (let item = roots.leaves.get(one); item && !wanted.has(item); item = item.above) wanted.add(item);
    }
    lay();
  }

  function lay() {
    const openAtFirst = tasks.all.length <= OPEN_AT_FIRST || wanted !== null;
    const found = [];
    const left = [...roots].reverse();
    while (left.length) {
      const item = left.pop();
      if (wanted && !wanted.has(item)) continue;
      item.depth = item.above ? item.above.depth + 1 : 0;
      item.open = turned.get(item.name) ?? (openAtFirst || (!item.one && !item.depth));
      found.push(item);
      if (item.open) for (let place = item.inner.length - 1; place >= 0; place -= 1) left.push(item.inner[place]);
    }
    rows.show(found);
  }

  return { element, show, tick: () => {}, reveal: (one, focus) => rows.reveal(rows.items.findIndex((item) => item.one === one), focus) };
}

/** Return the items at the top; `leaves` finds that of a task. */
function grouped(tasks) {
  const roots = Object.assign([], { leaves: new Map() });
  const known = new Map();
  for (const one of tasks.all) {
    if (one.driver === "barrier") continue; // it only keeps the order
    let above = null;
    for (const [depth, label] of (tasks.groups[one.group] ?? []).entries()) {
      const name = `${above?.name ?? "group"}\n${label}`;
      if (!known.has(name)) known.set(name, put(roots, { name, label, kind: KINDS[depth], inner: [], above }));
      above = known.get(name);
    }
    roots.leaves.set(one, put(roots, { name: `task ${one.key}`, one, inner: [], above }));
  }
  return roots;
}

function below(tasks) {
  const roots = Object.assign([], { leaves: new Map() });
  for (const one of tasks.all) {
    const above = roots.leaves.get(one.before.at(-1)) ?? null; // the last in topological order: nothing stands above what it waits for
    roots.leaves.set(one, put(roots, { name: `task ${one.key}`, one, inner: [], above }));
  }
  return roots;
}

function put(roots, item) {
  (item.above?.inner ?? roots).push(item);
  return item;
}

function also(item) {
  const others = item.one.before.slice(0, -1).map((one) => one.name);
  if (!others.length) return "";
  return `also after ${others.slice(0, 3).join(", ")}${others.length > 3 ? ` and ${others.length - 3} more` : ""}`;
}

function* leaves(item) {
  if (item.one) yield item.one;
  for (const inner of item.inner) yield* leaves(inner);
}

function count(item) {
  return [...leaves(item)].length;
}

/** Return the state of a part: as runs/groups.py says it. */
function rolledUp(item) {
  const states = new Set([...leaves(item)].map((one) => one.state));
  if ([...states].some((state) => !ENDED.has(state))) {
    return [...states].every((state) => state === "PENDING" || state === "QUEUED") ? "PENDING" : "RUNNING";
  }
  return ["CANCELLED", "FAILED", "SUCCESS"].find((state) => states.has(state)) ?? "SKIPPED";
}
