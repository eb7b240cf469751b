// Says beside a time of the desks what it is where the reader is, when that is another one.
const language = document.documentElement.lang;

for (const place of document.querySelectorAll("[data-here]")) {
  const at = new Date(place.dataset.here);
  const time = at.toLocaleTimeString("nl-NL", { hour: "2-digit", minute: "2-digit" });
  if (time !== place.dataset.time) {
    const day = at.toLocaleDateString("sv") === place.dataset.here.slice(0, 10) ? "" : `${at.toLocaleDateString(language, { weekday: "long" })} `;
    place.textContent = `, ${place.dataset.words.replace("{time}", day + time)}`;
    place.hidden = false;
  }
}
document.documentElement.classList.add("js");
