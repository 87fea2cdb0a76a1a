// The search box offers how a word may go on. Without this file it is a search box all the same.
"use strict";

for (const box of document.querySelectorAll("input[data-complete]")) {
  const list = document.createElement("datalist");
  list.id = box.id + "-completions";
  box.after(list);
  box.setAttribute("list", list.id);
  let waiting = 0;

  box.addEventListener("input", (event) => {
    clearTimeout(waiting);
    // A completion that was chosen from the list asks for no further ones.
    const chosen = event.inputType === "insertReplacementText" || !event.inputType;
    if (!chosen && box.value.trim().length > 1) waiting = setTimeout(() => ask(box.value), 150);
  });

  async function ask(typed) {
    try {
      const answer = await fetch(box.dataset.complete + "?q=" + encodeURIComponent(typed));
      if (!answer.ok || typed !== box.value) return;
      const [, found] = await answer.json();
      list.replaceChildren(...found.map((word) => Object.assign(document.createElement("option"), { value: word })));
    } catch {
      // No network: nothing is offered.
    }
  }
}
