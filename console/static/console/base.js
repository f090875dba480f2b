// What every page does: the theme, the CSRF token of htmx's requests, and telling why an action was refused.

const THEMES = ["system", "light", "dark"];
const root = document.documentElement;

function present() {
  return root.dataset.theme ?? "system";
}

function choose(theme) {
  if (theme === "system") delete root.dataset.theme;
  else root.dataset.theme = theme;
  try {
    if (theme === "system") localStorage.removeItem("theme");
    else localStorage.setItem("theme", theme);
  } catch {
    // Storage may be forbidden: the choice holds for this page.
  }
}

function offerThemes(button) {
  const word = button.querySelector("span");
  const tell = () => {
    word.textContent = present();
  };
  button.addEventListener("click", () => {
    choose(THEMES[(THEMES.indexOf(present()) + 1) % THEMES.length]);
    tell();
  });
  tell();
  button.hidden = false;
}

/** Tell the user something, as text, where the page's messages are. */
export function tell(text, level = "error") {
  const message = document.createElement("p");
  message.className = `message ${level}`;
  message.textContent = text;
  document.getElementById("messages").replaceChildren(message);
  message.scrollIntoView({ block: "nearest" });
}

for (const button of document.querySelectorAll("[data-theme-switch]")) offerThemes(button);

document.body.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.verb === "get") return;
  event.detail.headers["X-CSRFToken"] = document.querySelector('meta[name="csrf-token"]').content;
});
document.body.addEventListener("told", (event) => tell(event.detail.text, event.detail.level));
document.body.addEventListener("htmx:sendError", () => tell("The service does not answer."));
document.body.addEventListener("htmx:responseError", (event) => {
  const { status } = event.detail.xhr;
  const told = event.detail.xhr.getResponseHeader("HX-Trigger") ?? event.detail.xhr.getResponseHeader("HX-Redirect");
  if (status === 403 && !told) tell("This page is out of date, as after another login. Load it again.");
  if (status >= 500) tell(`Something went wrong on the service's side (${status}).`);
});
