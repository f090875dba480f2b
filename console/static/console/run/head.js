// How far the run has come: its counts, its bar, how long it takes and will take; and its head, when it has moved.

import { duration, ENDED, many } from "./words.js";

const part = (name) => document.getElementById(name);

export class Head {
  constructor(tasks) {
    this.tasks = tasks;
    tasks.addEventListener("change", () => this.count());
    setInterval(() => this.tick(), 1000); // a clock: nothing is asked for
  }

  get ended() {
    return Boolean(part("head").dataset.ended);
  }

  /** Say how many tasks are in which state. */
  count() {
    const counts = this.tasks.counts();
    for (const chip of part("counts").querySelectorAll("[data-state]")) {
      const count = counts[chip.dataset.state];
      chip.querySelector(".count").textContent = count;
      chip.parentElement.hidden = !count && chip.getAttribute("aria-pressed") !== "true";
    }
    const done = this.tasks.all.filter((one) => ENDED.has(one.state)).length;
    part("done").textContent = done;
    part("bar").value = done;
    part("bar").className = counts.FAILED ? "failed" : "";
    this.tick();
  }

  /** Say how long it has taken, and how long it will. */
  tick() {
    const { started, usual, runs } = part("head").dataset;
    if (this.ended) {
      part("estimate").textContent = "";
      return;
    }
    const since = started ? Math.max(0, this.tasks.now() + this.tasks.base - Date.parse(started)) : null;
    if (since !== null) part("took").textContent = `${duration(since)} so far`;
    part("estimate").textContent = usual ? expected(Number(usual) * 1000, since, Number(runs)) : "";
  }

  /** Say whether what is seen is what is. */
  live(live) {
    part("live").textContent = this.ended ? "" : live ? "Live" : "Not live: trying again";
    part("live").classList.toggle("off", !live);
  }

  /** Fetch the head anew: what can be done has changed with the run's state. */
  async refresh() {
    await window.htmx.ajax("GET", location.pathname, { target: "#head", swap: "outerHTML" });
    this.count();
  }
}

/** Say what is to be expected of a run that has gone on `since` milliseconds, null before it began. */
export function expected(usual, since, runs) {
  const from = `from ${many(runs, "earlier run")}`;
  if (since === null) return `· takes about ${roughly(usual)}, ${from}`;
  if (since > usual) return `· longer than usual, which is ${roughly(usual)}, ${from}`;
  return `· about ${roughly(usual - since)} left, ${from}`;
}

/** Say a length of time as exactly as one can know it: in whole minutes, or in steps of five seconds. */
function roughly(milliseconds) {
  const step = milliseconds < 10_000 ? 1000 : milliseconds < 90_000 ? 5000 : 60_000;
  return duration(Math.max(1, Math.round(milliseconds / step)) * step).replace(".0 s", " s");
}
