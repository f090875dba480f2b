// The time zone of who looks: offered where times are shown, and filled in where a schedule is new.

const own = Intl.DateTimeFormat().resolvedOptions().timeZone;

function offer() {
  const select = document.querySelector("[data-zones]");
  if (!own || !select || [...select.options].some((option) => option.value === own)) return;
  select.add(new Option(own, own));
}

offer();
document.body.addEventListener("htmx:afterSwap", offer);

const zone = document.querySelector("form[data-new] [name=timezone]");
if (own && zone) zone.value = own;
