// Search in the picture: what fits stays bright, Enter goes from one match to the next.

export function makeSearch(editor, { tasks, picture, camera, act }) {
  const field = editor.querySelector(".search");
  const count = editor.querySelector(".matches");
  let at = -1;

  function matches() {
    const text = field.value.trim().toLowerCase();
    if (!text) return null;
    return tasks().filter((task) => [task.name, task.key, task.command, task.driver].some((one) => one.toLowerCase().includes(text)));
  }

  function tell() {
    const found = matches();
    editor.classList.toggle("searched", found !== null);
    picture.mark("found", (found ?? []).map((task) => task.id));
    count.textContent = found === null ? "" : `${found.length} found`;
  }

  field.addEventListener("input", () => {
    at = -1;
    tell();
    const [first] = matches() ?? [];
    if (first) camera.reveal(picture.boxOf(first.id));
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      field.value = "";
      tell();
      act.toPicture();
    }
    if (event.key !== "Enter") return;
    event.preventDefault();
    const found = matches() ?? [];
    if (!found.length) return;
    at = (at + (event.shiftKey ? found.length - 1 : 1)) % found.length;
    act.choose({ kind: "task", id: found[at].id });
    camera.reveal(picture.boxOf(found[at].id));
  });
}
