// Draws the cells of those tasks alone that are in view: fifty thousand cells cost as much as two thousand.

import { perFrame } from "../frames.js";

const AHEAD = 8; // rows drawn above and below what can be seen
const NEAR = 40; // pixels from the right end that count as there

/** Return what a cell looks like in each state, to be copied. */
function moulds(letters) {
  const made = new Map();
  for (const [letter, [, name]] of Object.entries(letters)) {
    const cell = document.createElement("td");
    const link = cell.appendChild(document.createElement("a"));
    link.className = `at state-${name}`;
    link.tabIndex = -1;
    made.set(letter, cell);
  }
  return made;
}

function spacer(columns) {
  const row = document.createElement("tr");
  row.className = "space";
  row.setAttribute("aria-hidden", "true");
  row.appendChild(document.createElement("td")).colSpan = columns + 1;
  return row;
}

function heading(key, group, gone) {
  const name = document.createElement("th");
  name.scope = "row";
  name.textContent = key;
  name.title = gone ? `${key}: no longer in the graph` : key;
  if (gone) name.className = "gone";
  if (group) {
    const part = document.createElement("span");
    part.className = "group";
    part.textContent = `${group} / `;
    name.prepend(part);
  }
  return name;
}

/** The table of a page: `drawn` is what the service told, `scroller` the box around the table. */
export class Drawing {
  constructor(scroller, drawn) {
    this.scroller = scroller;
    this.body = scroller.querySelector("tbody");
    this.heads = [...scroller.querySelectorAll("thead a")];
    this.runs = drawn.runs;
    this.rows = drawn.rows;
    this.start = drawn.start;
    this.words = drawn.letters;
    this.moulds = moulds(drawn.letters);
    this.letter = new Map(Object.entries(drawn.letters).map(([letter, [state]]) => [state, letter]));
    this.later = perFrame(() => this.look());
    this.place = new Map(drawn.rows.map(([key], index) => [key, index]));
    this.shown = new Map(); // row elements by their index
    this.latest = true; // whether the latest run is in view: it stays so when the box changes its width
    this.above = spacer(this.runs.length);
    this.below = spacer(this.runs.length);
    this.body.replaceChildren(this.above, this.below);
    // A width that is known lays rows out one by one, not all of the table again for each.
    scroller.querySelector("table").style.width = `calc(var(--key) + ${this.runs.length} * var(--row))`;
    this.draw(0, 0);
    this.measure();
    scroller.addEventListener("scroll", () => this.moved(), { passive: true });
    new ResizeObserver(() => this.measure()).observe(scroller);
  }

  measure() {
    this.head = this.scroller.querySelector("thead").offsetHeight;
    this.height = this.shown.values().next().value.offsetHeight;
    this.scroller.style.scrollPaddingTop = `${this.head}px`;
    if (this.latest) this.scroller.scrollLeft = this.scroller.scrollWidth;
    this.look();
  }

  moved() {
    this.latest = this.scroller.scrollLeft + this.scroller.clientWidth > this.scroller.scrollWidth - NEAR;
    this.later();
  }

  /** Draw what can be seen. */
  look() {
    const top = this.scroller.scrollTop / this.height;
    const room = (this.scroller.clientHeight - this.head) / this.height;
    this.draw(Math.max(0, Math.floor(top) - AHEAD), Math.min(this.rows.length, Math.ceil(top + room) + AHEAD) - 1);
  }

  draw(first, last) {
    if (!this.rows.length) return;
    [first, last] = [Math.min(first, this.rows.length - 1), Math.max(last, 0)];
    for (const [index, row] of this.shown) {
      if (index >= first && index <= last) continue;
      if (row.contains(document.activeElement)) this.scroller.focus({ preventScroll: true }); // where keys are still heard
      row.remove();
      this.shown.delete(index);
    }
    let before = this.above;
    for (let index = first; index <= last; index += 1) {
      let row = this.shown.get(index);
      if (!row) {
        row = this.row(index);
        this.shown.set(index, row);
        before.after(row);
      }
      before = row;
    }
    const height = this.height ?? 0;
    this.above.firstChild.style.height = `${first * height}px`;
    this.below.firstChild.style.height = `${(this.rows.length - 1 - last) * height}px`;
    this.drawn?.();
  }

  row(index) {
    const [key, letters, group, gone] = this.rows[index];
    const row = document.createElement("tr");
    row.setAttribute("aria-rowindex", String(this.start + index + 2));
    row.append(heading(key, group, gone));
    for (let at = 0; at < letters.length; at += 1) row.append(this.cell(key, at, letters[at]));
    return row;
  }

  cell(key, at, letter) {
    const run = this.runs[at];
    const mould = this.moulds.get(letter);
    if (!mould) {
      const none = document.createElement("td");
      none.setAttribute("aria-label", `${key}, run #${run.id}: not in this run`);
      return none;
    }
    const cell = mould.cloneNode(true);
    const link = cell.firstChild;
    link.href = `${run.url}?task=${encodeURIComponent(key)}`;
    link.setAttribute("aria-label", `${key}, run #${run.id}: ${this.words[letter][2]}`);
    return cell;
  }

  /** Show a task of a run in another state. */
  change(key, at, state) {
    const index = this.place.get(key);
    const letter = this.letter.get(state);
    if (index === undefined || letter === undefined) return;
    const line = this.rows[index];
    if (line[1][at] === letter) return;
    line[1] = line[1].slice(0, at) + letter + line[1].slice(at + 1);
    const old = this.shown.get(index)?.children[at + 1];
    if (!old) return;
    const focused = old.contains(document.activeElement);
    const fresh = this.cell(key, at, letter);
    old.replaceWith(fresh);
    fresh.firstChild.tabIndex = old.firstChild?.tabIndex ?? -1;
    if (focused) fresh.firstChild.focus({ preventScroll: true });
  }

  /** Return what can be focused at a place, -1 being the heads of the columns; nothing where it is not drawn. */
  at(row, column) {
    if (row < 0) return this.heads[column];
    const cell = this.shown.get(row)?.children[column + 1];
    return cell?.firstElementChild ?? cell;
  }

  /** Scroll so that a row can be seen, and draw it. */
  reveal(row) {
    if (row >= 0 && !this.shown.has(row)) {
      const middle = (this.scroller.clientHeight - this.head - this.height) / 2;
      const low = row * this.height > this.scroller.scrollTop;
      this.scroller.scrollTop = row * this.height - (low ? 2 * middle : 0);
      this.look();
    }
  }

  /** Return what a cell says, in words. */
  told(row, column) {
    const [key, letters] = this.rows[row];
    return `${key}: ${this.words[letters[column]]?.[2] ?? "not in this run"}`;
  }

  /** Return the place of a cell or of what is in it. */
  placeOf(element) {
    const cell = element.closest("td, th");
    const row = cell?.parentElement;
    if (!row || cell.cellIndex < 1) return null;
    const index = row.parentElement.tagName === "THEAD" ? -1 : Number(row.getAttribute("aria-rowindex")) - 2 - this.start;
    return index >= -1 ? [index, cell.cellIndex - 1] : null;
  }
}
