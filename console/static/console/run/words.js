// How states, times and lengths of time are said and drawn: as the pages that the server renders do.

import { drawn } from "../elements.js";

const UNITS = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];

export const STATES = ["PENDING", "QUEUED", "RUNNING", "WAITING", "SUCCESS", "FAILED", "SKIPPED", "CANCELLED"];
export const ENDED = new Set(["SUCCESS", "FAILED", "SKIPPED", "CANCELLED"]);

export function word(state) {
  return state === "lost" ? "Worker lost" : state.charAt(0) + state.slice(1).toLowerCase();
}

export function look(state) {
  return state === "lost" ? "cancelled" : state.toLowerCase();
}

export function shape(state) {
  const svg = drawn("svg", { class: `shape state-${look(state)}`, "aria-hidden": "true", focusable: "false" });
  svg.append(drawn("use", { href: `#shape-${look(state)}` }));
  return svg;
}

/** Return milliseconds as their two largest units; what is shorter than ten seconds with tenths. */
export function duration(milliseconds) {
  const seconds = Math.max(0, milliseconds / 1000);
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  let left = Math.round(seconds);
  const parts = [];
  for (const [size, unit] of UNITS) {
    const count = Math.floor(left / size);
    left %= size;
    if (count || parts.length) parts.push([count, unit]);
  }
  return parts.slice(0, 2).filter(([count]) => count).map(([count, unit]) => `${count} ${unit}`).join(" ");
}

/** Return a time of day in UTC, its date as well where that is another one than `near`'s. */
export function clock(at, near = at) {
  const [date, time] = new Date(at).toISOString().split("T");
  return date === new Date(near).toISOString().slice(0, 10) ? time.slice(0, 8) : `${date} ${time.slice(0, 8)}`;
}

export function many(count, noun) {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
