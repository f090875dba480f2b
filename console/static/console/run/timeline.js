// The attempts of the tasks along the time that the run has taken: a Gantt chart.

import { Rows, link } from "./rows.js";
import { clock, duration, look, many, shape, word } from "./words.js";
import { make } from "../elements.js";

const HEIGHT = 34;
const STEPS = [100, 200, 500, 1e3, 2e3, 5e3, 1e4, 15e3, 3e4, 6e4, 12e4, 3e5, 6e5, 9e5, 18e5, 36e5, 72e5, 216e5, 432e5, 864e5, 1728e5, 6048e5];
const APART = 90; // pixels between two marks of the axis, at least

export function timeline(tasks) {
  let from = 0;
  let to = 1;
  let shown = [];
  const element = make("div", "timeline");
  const axis = make("div", "axis heads");
  axis.setAttribute("aria-hidden", "true"); // each bar tells its times
  const rows = new Rows({ roles: ["list", "listitem"], label: "Attempts by task", height: HEIGHT, build, fill, name: (one) => one.key, heads: axis });
  element.append(rows.box);

  function build(one) {
    const row = make("div", "line");
    const label = make("div", "cell task");
    label.append(make("span", "mark"), link(one));
    row.append(label, make("div", "track"));
    return row;
  }

  function fill(row, one) {
    const [label, track] = row.children;
    if (row.dataset.state !== one.state) {
      row.dataset.state = one.state;
      label.firstChild.replaceChildren(shape(one.state), make("span", "hidden", `${word(one.state)}: `));
    }
    track.replaceChildren(...one.attempts.map((attempt) => bar(one, attempt)), make("span", "hidden", told(one)));
    row.classList.toggle("is-chosen", one.key === tasks.chosen);
  }

  function bar(one, attempt) {
    const end = attempt.ended ?? Math.max(attempt.began, tasks.now());
    const state = attempt.outcome ?? one.state;
    const element = make("span", `bar state-${look(state)}`);
    element.style.left = `${share(attempt.began)}%`;
    element.style.width = `${Math.max(0, share(end) - share(attempt.began))}%`;
    element.title = `Attempt ${attempt.number}: ${word(state)}, ${clock(tasks.base + attempt.began)}, ${duration(end - attempt.began)}${on(attempt)}`;
    if (attempt.outcome) element.append(shape(state));
    return element;
  }

  function told(one) {
    if (!one.attempts.length) return "not begun";
    const said = one.attempts.map((attempt) => {
      const { number, began, ended, outcome } = attempt;
      const how = outcome ? `${word(outcome)} after ${duration(ended - began)}` : "goes on";
      return `attempt ${number} ${how}${on(attempt)}`;
    });
    return `${many(one.attempts.length, "attempt")}: ${said.join(", ")}`;
  }

  function share(at) {
    return (100 * (at - from)) / (to - from);
  }

  function show(list) {
    shown = list;
    rows.show([...list].sort((a, b) => begun(a) - begun(b) || a.node - b.node));
    measure();
  }

  /** Find the time that is shown, and draw its axis. */
  function measure() {
    const now = tasks.now();
    [from, to] = [Infinity, -Infinity];
    for (const { began, ended } of shown.flatMap((one) => one.attempts)) {
      from = Math.min(from, began);
      to = Math.max(to, ended ?? now);
    }
    if (from === Infinity) from = to = now;
    to = Math.max(to, from + 100);
    const scale = make("div", "scale");
    axis.replaceChildren(scale);
    const most = Math.max(1, Math.floor(scale.clientWidth / APART));
    const step = STEPS.find((size) => (to - from) / size <= most) ?? STEPS.at(-1);
    const ticks = [];
    for (let at = Math.ceil((to - from) / step - 1) * step; at >= 0; at -= step) {
      const tick = make("span", "tick-mark", at ? `+${duration(at).replace(".0 s", " s")}` : clock(tasks.base + from));
      tick.style.left = `${share(from + at)}%`;
      ticks.push(tick);
    }
    scale.append(...ticks);
    rows.render(true);
  }

  new ResizeObserver(measure).observe(axis); // a run that has ended does not tick

  return { element, show, tick: measure, reveal: (one, focus) => rows.reveal(rows.items.indexOf(one), focus) };
}

function on({ worker }) {
  return worker ? ` on ${worker}` : "";
}

function begun(one) {
  return one.attempts[0]?.began ?? Number.MAX_SAFE_INTEGER;
}
