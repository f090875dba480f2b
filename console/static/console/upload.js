// A file that is chosen is looked at, and gives the upload its name and its table unless they have been typed.

import { tell } from "./base.js";

const form = document.getElementById("upload");
const [file, name, table] = ["file", "name", "table"].map((field) => form.elements.namedItem(field));
const typed = new Set();

function look() {
  const chosen = file.files[0];
  if (!chosen) return;
  if (chosen.size > Number(form.dataset.most)) {
    tell("The file is too large to be looked at before it is imported.", "info");
    return;
  }
  window.htmx.trigger("#check", "look");
}

function choose() {
  const stem = (file.files[0]?.name ?? "").replace(/\.[^.]*$/, "");
  if (!typed.has(name)) name.value = stem.slice(0, name.maxLength);
  if (!typed.has(table)) {
    const plain = stem.toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^_+|_+$/g, "");
    table.value = (/^[a-z]/.test(plain) && !plain.startsWith("pg_") ? plain : `t_${plain}`).slice(0, table.maxLength);
  }
  look();
}

file.addEventListener("change", choose);
document.addEventListener("DOMContentLoaded", () => file.files.length && choose()); // chosen while the page still loaded
for (const field of [name, table]) field.addEventListener("input", () => typed.add(field));
document.getElementById("how").addEventListener("change", look);
