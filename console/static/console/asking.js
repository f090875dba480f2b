// Forms: tells what is wrong at the field that is at fault, and asks before something is deleted.

function tell(slot, messages) {
  const input = document.getElementById(slot.id.replace(/_fault$/, ""));
  slot.textContent = messages.join(" ");
  slot.hidden = messages.length === 0;
  if (!input) return;
  const others = (input.getAttribute("aria-describedby") ?? "").split(" ").filter((id) => id && id !== slot.id);
  if (messages.length) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
  const described = messages.length ? [...others, slot.id] : others;
  if (described.length) input.setAttribute("aria-describedby", described.join(" "));
  else input.removeAttribute("aria-describedby");
}

document.body.addEventListener("faults", (event) => {
  const form = event.target.closest("form") ?? document;
  const told = event.detail.by_field;
  for (const slot of form.querySelectorAll("[data-fault]")) {
    const messages = Object.hasOwn(told, slot.dataset.fault) ? told[slot.dataset.fault] : [];
    tell(slot, messages);
    if (messages.length) slot.closest("details")?.setAttribute("open", "");
  }
});

document.body.addEventListener("htmx:confirm", (event) => {
  const question = event.detail.elt.closest("[data-sure]")?.dataset.sure;
  if (!question) return;
  event.preventDefault();
  if (window.confirm(question)) event.detail.issueRequest(true);
});
