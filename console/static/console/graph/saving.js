// Saving: the whole graph at once, as one revision; nobody is saved over without having been asked.

import { toGraph } from "./draft.js";
import { ask, faultsOf } from "./requests.js";

export function makeSaving(editor, { data, token, say, saved, refused, overwrite, takeTheirs }) {
  const dialog = editor.querySelector(".conflict");
  const isNew = data.graph.graph_id === null;
  const url = isNew ? data.urls.create : data.urls.save;
  const keys = new WeakMap(); // of requests: a draft that is sent twice makes one graph
  let busy = false;
  let theirs = null;

  dialog?.querySelector("[data-overwrite]").addEventListener("click", () => {
    dialog.close();
    overwrite(theirs);
  });
  dialog?.querySelector("[data-theirs]").addEventListener("click", takeTheirs);

  function conflict(body, base) {
    theirs = body.revision;
    dialog.querySelector(".what").textContent = body.detail;
    const compare = dialog.querySelector("a");
    compare.href = `${data.urls.revisions}?from=${base}&to=${theirs}`;
    dialog.showModal();
  }

  async function save(draft, base) {
    if (busy) return;
    busy = true;
    editor.classList.add("busy");
    say("Saving…");
    const seen = isNew ? "" : `?revision=${base}`;
    if (isNew && !keys.has(draft)) keys.set(draft, crypto.randomUUID?.());
    const answer = await ask(isNew ? "POST" : "PUT", `${url}${seen}`, toGraph(draft), { token, key: keys.get(draft) });
    busy = false;
    editor.classList.remove("busy");
    if (answer.status === 200 || answer.status === 201) return saved(answer.body, draft);
    if (answer.status === 409 && answer.body.code === "changed_meanwhile") {
      say("Nothing was saved: somebody else was first.", "bad");
      return conflict(answer.body, base);
    }
    return refused(faultsOf(answer), answer.body.cycle);
  }

  return { save };
}
