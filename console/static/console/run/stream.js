// Server-sent events: what comes is handed on, a broken connection is mended, and the end ends it.

const PAUSES = [1000, 2000, 5000, 15000, 30000]; // milliseconds before another try, where the browser gives up

/**
 * Follow a stream from after an event's id. `hear` has a function for each event by name, `told` is called with true when
 * it is live, and false when it is not, and `ended` once when no more will come. Return what stops it.
 */
export function follow(url, after, hear, { told = () => {}, ended = () => {} } = {}) {
  let last = String(after);
  let source = null;
  let timer = 0;
  let failures = 0;

  function open() {
    source = new EventSource(`${url}?after=${encodeURIComponent(last)}`); // a reconnection brings Last-Event-ID, which wins
    for (const [name, take] of Object.entries(hear)) {
      source.addEventListener(name, (event) => {
        last = event.lastEventId || last;
        take(JSON.parse(event.data));
      });
    }
    source.addEventListener("end", () => {
      stop();
      ended();
    });
    source.addEventListener("open", () => {
      failures = 0;
      told(true);
    });
    source.addEventListener("error", () => {
      told(false);
      if (source.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
      timer = setTimeout(open, PAUSES[Math.min(failures, PAUSES.length - 1)]);
      failures += 1;
    });
  }

  function stop() {
    clearTimeout(timer);
    source.close();
  }

  open();
  return stop;
}
