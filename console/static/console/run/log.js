// The log of the chosen task: as it comes, searched, followed.

import { pieces, plain } from "./ansi.js";
import { follow } from "./stream.js";
import { many } from "./words.js";
import { make } from "../elements.js";

const KEPT = 20000; // lines in the page; the file that is offered has all
const NEAR = 40; // pixels from the end that count as the end

const part = (name) => document.getElementById(`log-${name}`);

export class Log {
  #stop = () => {};
  #hits = [];
  #hit = -1;

  constructor() {
    this.box = part("box");
    this.lines = part("lines");
    part("find").addEventListener("input", () => this.#search());
    part("find").addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      this.#go(event.shiftKey ? -1 : 1);
    });
    part("next").addEventListener("click", () => this.#go(1));
    part("before").addEventListener("click", () => this.#go(-1));
    part("only").addEventListener("change", () => this.lines.classList.toggle("only", part("only").checked && Boolean(this.sought)));
    part("follow").addEventListener("change", () => this.#toEnd());
    this.box.addEventListener("scroll", () => this.#scrolled(), { passive: true });
  }

  /** Show the log of a task from its beginning, and go on while it goes on. */
  open(url, file) {
    this.#stop();
    this.lines.replaceChildren();
    Object.assign(this, { style: plain(), last: null, written: false, dropped: 0, sought: "" });
    this.#hits = [];
    part("find").value = "";
    this.lines.classList.remove("only");
    part("only").checked = false;
    part("follow").checked = true;
    part("file").href = file;
    this.#tell("");
    this.#stop = follow(url, 0, { log: (piece) => this.#add(piece) }, {
      told: (live) => this.#tell(live ? "live" : "not live: trying again"),
      ended: () => this.#tell(this.written ? "" : "It has said nothing."),
    });
  }

  close() {
    this.#stop();
    this.lines.replaceChildren();
  }

  #tell(text) {
    part("state").textContent = text;
  }

  #add({ attempt, stream, text }) {
    if (!this.written || attempt !== this.attempt) this.#begin(attempt);
    if (stream !== this.stream) this.last = null; // an unfinished line is not finished by another stream
    Object.assign(this, { stream, written: true });
    const lines = text.split("\n");
    const ended = lines.at(-1) === "";
    if (ended) lines.pop();
    const fresh = document.createDocumentFragment();
    for (const line of lines) {
      const whole = (this.last?.raw ?? "") + line;
      const element = this.last ?? fresh.appendChild(make("div", `line ${stream}`));
      this.#write(element, whole);
      this.last = null;
      element.raw = whole;
      this.latest = element;
    }
    if (!ended) this.last = this.latest;
    this.lines.append(fresh);
    this.#trim();
    this.#toEnd();
  }

  #begin(attempt) {
    if (attempt > 1 || this.written) this.lines.append(make("div", "line attempt", `Attempt ${attempt}`));
    Object.assign(this, { attempt, last: null, style: plain() });
  }

  /** Write a line; where it was begun before, anew, in the style with which it began. */
  #write(element, raw) {
    element.style0 ??= { ...this.style };
    Object.assign(this.style, element.style0);
    element.parts = pieces(raw.slice(raw.replace(/\r+$/, "").lastIndexOf("\r") + 1), this.style);
    element.text = element.parts.map(([text]) => text).join("");
    this.#paint(element);
  }

  #paint(element) {
    const found = this.sought ? element.text.toLowerCase().includes(this.sought) : false;
    element.classList.toggle("hit", found);
    element.replaceChildren(...element.parts.flatMap(([text, classes]) => marked(text, classes, found ? this.sought : "")));
    if (found && !this.#hits.includes(element)) {
      this.#hits.push(element);
      this.#count();
    }
  }

  #trim() {
    while (this.lines.childElementCount > KEPT) {
      this.lines.firstElementChild.remove();
      this.dropped += 1;
    }
    if (this.dropped) this.#tell(`The first ${many(this.dropped, "line")} are in the file alone.`);
  }

  #search() {
    this.sought = part("find").value.toLowerCase();
    this.#hits = [];
    this.#hit = -1;
    for (const element of this.lines.children) {
      if (element.parts && (this.sought || element.classList.contains("hit"))) this.#paint(element);
    }
    this.lines.classList.toggle("only", part("only").checked && Boolean(this.sought));
    this.#count();
    if (this.#hits.length) this.#go(1);
  }

  #go(step) {
    if (!this.#hits.length) return;
    this.#hits[this.#hit]?.classList.remove("here");
    this.#hit = (this.#hit + step + this.#hits.length) % this.#hits.length;
    part("follow").checked = false;
    const line = this.#hits[this.#hit];
    line.classList.add("here");
    this.box.scrollTop = line.offsetTop - this.box.clientHeight / 2;
    this.#count();
  }

  #count() {
    if (!this.sought) this.#tell("");
    else this.#tell(this.#hits.length ? `${Math.max(1, this.#hit + 1)} of ${many(this.#hits.length, "line")}` : "not found");
  }

  #toEnd() {
    if (part("follow").checked) this.box.scrollTop = this.box.scrollHeight;
  }

  #scrolled() {
    const atEnd = this.box.scrollHeight - this.box.scrollTop - this.box.clientHeight < NEAR;
    if (!atEnd) part("follow").checked = false; // who scrolls up wants to read
  }
}

/** Return a piece of a line as nodes, what is sought in `<mark>`s. */
function marked(text, classes, sought) {
  const parts = [];
  const low = text.toLowerCase();
  let at = 0;
  if (sought && low.length === text.length) {
    for (let hit = low.indexOf(sought); hit !== -1; hit = low.indexOf(sought, at)) {
      parts.push(text.slice(at, hit), make("mark", "", text.slice(hit, hit + sought.length)));
      at = hit + sought.length;
    }
  }
  parts.push(text.slice(at));
  if (!classes) return parts;
  const span = make("span", classes);
  span.append(...parts);
  return [span];
}
