// What was before each edit, for undo and redo; edits of one kind that follow each other are one step.

const KEPT = 300;

export function makeHistory(first) {
  let past = [];
  let future = [];
  let present = first;
  let kind = "";
  return {
    get present() {
      return present;
    },
    get canUndo() {
      return past.length > 0;
    },
    get canRedo() {
      return future.length > 0;
    },
    /** Go on with another state; `like` names what goes on in steps, such as the typing of a field. */
    push(state, like = "") {
      if (state === present) return;
      if (!like || like !== kind) past = [...past, present].slice(-KEPT);
      [present, future, kind] = [state, [], like];
    },
    undo() {
      if (!past.length) return;
      future = [present, ...future];
      [present, past, kind] = [past.at(-1), past.slice(0, -1), ""];
    },
    redo() {
      if (!future.length) return;
      past = [...past, present];
      [present, future, kind] = [future[0], future.slice(1), ""];
    },
  };
}
