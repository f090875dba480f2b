// Follows the latest run that has not ended, by the API's stream of events.

export class Live {
  /** `drawing` shows what moves; `look` asks for the whole page again, as when a run begins or ends. */
  constructor(drawing, look) {
    const at = drawing.runs.findLastIndex((run) => run.events);
    this.others = drawing.runs.filter((run) => run.events).length - (at < 0 ? 0 : 1);
    this.broken = false;
    if (at < 0) return;
    this.source = new EventSource(drawing.runs[at].events);
    this.source.addEventListener("transition", (event) => {
      const { key, to_state: state } = JSON.parse(event.data);
      if (key === null) look();
      else drawing.change(key, at, state);
    });
    this.source.addEventListener("end", () => {
      this.close();
      look();
    });
    this.source.addEventListener("error", () => {
      this.broken ||= this.source.readyState === EventSource.CLOSED;
    });
  }

  /** Whether the page can go stale without a newer run: something goes on that the stream does not tell. */
  get partial() {
    return this.broken || this.others > 0;
  }

  close() {
    this.source?.close();
  }
}
