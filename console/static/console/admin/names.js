// Gives names to the controls that Django's widgets leave without one, for those who hear the page instead of seeing it.

const HALVES = { 0: "date", 1: "time" }; // of a moment, which has two inputs and one label that leads to neither

function labelOf(control) {
  const label = control.closest(".form-row, .graph-field")?.querySelector("label, legend");
  return label?.textContent.trim().replace(/:$/, "") ?? "";
}

function nameAll() {
  for (const chooser of document.querySelectorAll(".select2-selection[role=combobox]")) {
    const shown = chooser.querySelector(".select2-selection__rendered");
    chooser.removeAttribute("aria-labelledby");
    for (const part of [chooser, shown].filter(Boolean)) part.setAttribute("aria-label", labelOf(chooser));
  }
  for (const input of document.querySelectorAll(".datetime input")) {
    input.setAttribute("aria-label", `${labelOf(input)}, ${HALVES[input.name.at(-1)] ?? ""}`);
  }
  for (const help of document.querySelectorAll(".help-tooltip[aria-label]")) help.setAttribute("role", "img");
}

window.django?.jQuery?.(nameAll); // some widgets are made when jQuery is ready, by scripts that asked before
window.addEventListener("load", nameAll); // others on this event
document.addEventListener("formset:added", nameAll);
