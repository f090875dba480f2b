// A long list of which only the rows in view are in the page: thousands of tasks cost as much as thirty.

import { make } from "../elements.js";

const AROUND = 6; // rows kept ready above and below

/**
 * `roles` are those of the box and of a row; `height` is a row's, in pixels; `build(item)` makes a row and `fill(row, item)`
 * brings it up to date; `name(item)` tells items apart; `heads` stay in sight above them.
 */
export class Rows {
  #drawn = new Map();

  constructor({ roles, label, height, build, fill, name, heads = null }) {
    Object.assign(this, { height, build, fill, name, heads, rowRole: roles[1], items: [] });
    this.box = make("div", "rows");
    this.sheet = make("div", "sheet");
    this.sheet.setAttribute("role", roles[0]);
    if (label) this.sheet.setAttribute("aria-label", label);
    this.box.append(...(heads ? [heads] : []), this.sheet);
    this.box.addEventListener("scroll", () => this.render(), { passive: true });
    this.box.addEventListener("keydown", (event) => this.#steer(event));
    this.watcher = new ResizeObserver(() => this.render());
    this.watcher.observe(this.box);
  }

  /** Show other items, or the same in another order. */
  show(items) {
    this.items = items;
    this.sheet.style.height = `${items.length * this.height}px`;
    this.box.classList.toggle("none", !items.length);
    this.render(true);
  }

  /** Put the rows in view into the page; `anew`: fill those that are there as well. */
  render(anew = false) {
    const first = Math.max(0, Math.floor(this.box.scrollTop / this.height) - AROUND);
    const last = Math.min(this.items.length, Math.ceil((this.box.scrollTop + this.box.clientHeight) / this.height) + AROUND);
    const wanted = new Map();
    for (let place = first; place < last; place += 1) wanted.set(this.name(this.items[place]), place);
    for (const [name, row] of this.#drawn) {
      if (wanted.has(name) || (row.contains(document.activeElement) && this.items.some((item) => this.name(item) === name))) continue;
      row.remove();
      this.#drawn.delete(name);
    }
    for (const [name, place] of wanted) this.#put(name, place, anew);
  }

  /** Bring the row at a place into view, and its link into focus if asked. */
  reveal(place, focus = false) {
    if (place < 0 || place >= this.items.length) return;
    const [top, bottom] = [place * this.height, (place + 1) * this.height];
    if (top < this.box.scrollTop) this.box.scrollTop = top;
    else if (bottom > this.box.scrollTop + this.#seen()) this.box.scrollTop = bottom - this.#seen();
    this.render();
    if (focus) this.#drawn.get(this.name(this.items[place]))?.querySelector("a")?.focus({ preventScroll: true });
  }

  /** Return how many pixels of rows can be seen. */
  #seen() {
    return this.box.clientHeight - (this.heads?.offsetHeight ?? 0);
  }

  #put(name, place, anew) {
    let row = this.#drawn.get(name);
    const fresh = !row;
    if (fresh) {
      row = this.build(this.items[place]);
      row.classList.add("row");
      row.setAttribute("role", this.rowRole);
      this.#drawn.set(name, row);
    }
    if (fresh || anew) this.fill(row, this.items[place]);
    if (row.dataset.place !== String(place)) this.#place(row, place);
    if (fresh) this.sheet.append(row);
  }

  #place(row, place) {
    row.dataset.place = place;
    row.style.transform = `translateY(${place * this.height}px)`;
    row.classList.toggle("odd", place % 2 === 1);
    row.setAttribute(this.rowRole === "row" ? "aria-rowindex" : "aria-posinset", place + 1 + (this.rowRole === "row"));
    if (this.rowRole !== "row") row.setAttribute("aria-setsize", this.items.length);
  }

  #steer(event) {
    const row = event.target.closest(".row");
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity };
    if (!row || !(event.key in steps) || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const place = Number(row.dataset.place) + steps[event.key];
    this.reveal(Math.max(0, Math.min(this.items.length - 1, place)), true);
  }
}

/** Return the link that opens a task. */
export function link(one, text = one.name) {
  const anchor = make("a", "to-task", text);
  anchor.href = `?task=${encodeURIComponent(one.key)}`;
  anchor.dataset.taskKey = one.key;
  anchor.title = one.name === one.key ? one.key : `${one.name} (${one.key})`;
  return anchor;
}
