// Keeps a draft in this tab, so that neither a reload nor a session that has expired loses it.

const PAUSE = 300; // milliseconds without an edit

export function makeKeeping(name) {
  let timer = 0;
  let pending = null;

  function write() {
    clearTimeout(timer);
    if (pending === null) return;
    try {
      sessionStorage.setItem(name, JSON.stringify(pending));
    } catch {
      // Storage may be forbidden or full: the draft is in the page still.
    }
    pending = null;
  }

  addEventListener("pagehide", write);
  return {
    keep(value) {
      pending = value;
      clearTimeout(timer);
      timer = setTimeout(write, PAUSE);
    },
    forget() {
      clearTimeout(timer);
      pending = null;
      try {
        sessionStorage.removeItem(name);
      } catch {
        // There is nothing to forget then.
      }
    },
    kept() {
      try {
        return JSON.parse(sessionStorage.getItem(name));
      } catch {
        return null;
      }
    },
  };
}
