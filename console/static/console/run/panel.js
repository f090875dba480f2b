// The chosen task: its part of the page comes from the server, and again whenever it has moved.

import { Log } from "./log.js";
import { note } from "./table.js";
import { make } from "../elements.js";

const SOON = 150; // milliseconds in which moves are looked at together
const LATER = 1500; // the same for what others do, while this one waits for them

const part = (name) => document.getElementById(name);
const root = part("run");

/** `chosen` tells `tasks.chosen` to whoever shows tasks. */
export class Panel {
  #timer = 0;
  #from = null;

  constructor(tasks, chosen) {
    Object.assign(this, { tasks, chosen, log: new Log() });
    document.addEventListener("click", (event) => {
      const link = event.target.closest?.("[data-task-key]");
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      this.#from = link;
      this.choose(link.dataset.taskKey, true);
    });
    part("close").addEventListener("click", () => this.close());
    part("chosen").addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.target.closest("input, textarea, details[open]")) this.close();
    });
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.#again(SOON);
    });
    tasks.addEventListener("change", (event) => this.#changed(event.detail));
  }

  get one() {
    return this.tasks.byKey.get(this.tasks.chosen);
  }

  /** Open a task; `focus`: its title is read next. */
  async choose(key, focus = false) {
    const one = this.tasks.byKey.get(key);
    if (!one) return;
    this.tasks.chosen = key;
    this.chosen(one);
    part("chosen").hidden = false;
    root.classList.add("with-chosen");
    address(key);
    if (one.id === null) {
      part("task").replaceChildren(make("h2", "", one.name), make("p", "empty", "It does not run yet: the run has not begun."));
      part("about").replaceChildren();
      this.log.close();
      return;
    }
    this.log.open(root.dataset.logs.replace("/0/", `/${one.id}/`), `${this.#place(one)}log/`);
    await this.#fetch(one);
    if (focus) part("task-title")?.focus({ preventScroll: matchMedia("(min-width: 1000px)").matches });
  }

  close() {
    if (this.tasks.chosen === null) return;
    this.tasks.chosen = null;
    this.log.close();
    part("task").replaceChildren();
    part("about").replaceChildren();
    part("chosen").hidden = true;
    root.classList.remove("with-chosen");
    this.chosen(null);
    address(null);
    if (this.#from?.isConnected) this.#from.focus();
  }

  #place(one) {
    return root.dataset.task.replace(/\/0\/?$/, `/${one.id}/`);
  }

  async #fetch(one) {
    clearTimeout(this.#timer);
    this.#timer = 0;
    await window.htmx.ajax("GET", this.#place(one), { target: "#task", swap: "innerHTML" });
  }

  #again(after) {
    const { one } = this;
    if (one && one.id !== null) this.#timer ||= setTimeout(() => this.#fetch(one), after);
  }

  #changed(changed) {
    const { one } = this;
    if (!one) return;
    const shown = part("task").querySelector(".task")?.dataset;
    if (!changed || changed.has(one)) {
      const said = part("task-progress");
      if (said && one.progress) said.textContent = note(one);
      if (!shown || shown.state !== one.state || Number(shown.attempt) !== one.attempt) this.#again(SOON);
    } else if (one.state === "PENDING" ? one.before.some((other) => changed.has(other)) : one.state === "QUEUED") {
      this.#again(LATER); // why it waits may have changed
    }
  }
}

/** Keep the address that of what is seen, without a step in the history for each look. */
function address(key) {
  const url = new URL(location.href);
  url.hash = key === null ? "" : `task-${encodeURIComponent(key)}`;
  url.searchParams.delete("task");
  history.replaceState(history.state, "", url);
}

/** Return the key of the task that the address names. */
export function addressed() {
  const url = new URL(location.href);
  if (!url.hash.startsWith("#task-")) return url.searchParams.get("task");
  try {
    return decodeURIComponent(url.hash.slice("#task-".length));
  } catch {
    return null; // not an address of ours
  }
}
