// The tasks as a table that is sorted by its heads.

import { Rows, link } from "./rows.js";
import { took } from "./tasks.js";
import { clock, duration, shape, STATES, word } from "./words.js";
import { make } from "../elements.js";

const HEIGHT = 40;
const LAST = Number.MAX_SAFE_INTEGER; // what has not begun comes after what has

const COLUMNS = [
  ["state", "State", (one) => STATES.indexOf(one.state)],
  ["task", "Task", (one) => one.text],
  ["tries", "Tries", (one) => one.attempt],
  ["began", "Began (UTC)", (one) => one.started ?? LAST],
  ["took", "Took", (one, now) => took(one, now) ?? LAST],
  ["worker", "Worker", (one) => one.worker ?? "\uffff"],
  ["note", "Note", (one) => note(one) || "\uffff"],
];

export function table(tasks) {
  let by = null;
  let down = false;
  let shown = [];
  const rows = new Rows({ roles: ["rowgroup", "row"], height: HEIGHT, build, fill, name: (one) => one.key, heads: heads() });
  const element = make("div", "table");
  element.setAttribute("role", "table");
  element.setAttribute("aria-label", "Tasks");
  element.append(rows.box);

  function heads() {
    const group = make("div", "heads");
    group.setAttribute("role", "rowgroup");
    const line = make("div", "line");
    line.setAttribute("role", "row");
    line.append(...COLUMNS.map((column) => head(column)));
    group.append(line);
    return group;
  }

  function head([name, title]) {
    const cell = make("div", `cell ${name}`);
    cell.setAttribute("role", "columnheader");
    const button = make("button", "quiet", title);
    button.type = "button";
    button.addEventListener("click", () => {
      if (by === name && down) [by, down] = [null, false]; // the third click: as they stand in the graph
      else [by, down] = [name, by === name];
      for (const other of element.querySelectorAll("[aria-sort]")) other.removeAttribute("aria-sort");
      if (by) cell.setAttribute("aria-sort", down ? "descending" : "ascending");
      show(shown);
    });
    cell.append(button);
    return cell;
  }

  function build(one) {
    const row = make("div", "line");
    for (const [name] of COLUMNS) {
      const cell = make("div", `cell ${name}`);
      cell.setAttribute("role", "cell");
      if (name === "task") cell.append(link(one));
      row.append(cell);
    }
    return row;
  }

  function fill(row, one) {
    const [state, , tries, began, length, worker, noted] = row.children;
    if (row.dataset.state !== one.state) {
      row.dataset.state = one.state;
      state.className = `cell state state-${one.state.toLowerCase()}`;
      state.replaceChildren(shape(one.state), make("span", "word", word(one.state)));
    }
    const time = took(one, tasks.now());
    tries.textContent = one.attempt || "";
    began.textContent = one.started === null ? "" : clock(tasks.base + one.started, tasks.base);
    length.textContent = time === null ? "" : duration(time);
    worker.textContent = one.worker ?? "";
    noted.textContent = noted.title = note(one);
    row.classList.toggle("is-chosen", one.key === tasks.chosen);
  }

  function show(list) {
    shown = list;
    const of = COLUMNS.find(([name]) => name === by)?.[2];
    rows.show(of ? sorted(list, of) : list);
    element.setAttribute("aria-rowcount", list.length + 1);
  }

  function sorted(list, of) {
    const now = tasks.now();
    const turn = down ? -1 : 1;
    const keyed = list.map((one) => [of(one, now), one]);
    return keyed.sort(([a, x], [b, y]) => turn * (a < b ? -1 : a > b ? 1 : 0) || x.node - y.node).map(([, one]) => one);
  }

  return { element, show, tick: () => rows.render(true), reveal: (one, focus) => rows.reveal(rows.items.indexOf(one), focus) };
}

/** Return what is to be said of a task in a line. */
export function note(one) {
  if (!one.progress) return one.reason ?? "";
  const { progress, message } = one.progress;
  return [typeof progress === "number" ? `${Math.round(progress * 100)} %` : "", message ?? ""].filter(Boolean).join(" · ");
}
