// The search box offers how a word may go on. Without this file it is a search box all the same.
"use strict";

const PAUSE = 150; // milliseconds after the last key before the site is asked
const SHORTEST = 2; // letters that must have been typed

for (const box of document.querySelectorAll("input[data-complete]")) {
  complete(box);
}

// Gives a search box a list that follows what is typed.
function complete(box) {
  const list = document.createElement("datalist");
  list.id = box.id + "-completions";
  box.after(list);
  box.setAttribute("list", list.id);

  let timer = 0;
  box.addEventListener("input", (event) => {
    clearTimeout(timer);
    if (!isChoice(event) && box.value.trim().length >= SHORTEST) {
      timer = setTimeout(() => update(box, list), PAUSE);
    }
  });
}

// A completion that was chosen from the list asks for no further ones.
function isChoice(event) {
  return !event.inputType || event.inputType === "insertReplacementText";
}

// Fills the list with what the site offers, unless somebody has typed on meanwhile.
async function update(box, list) {
  const typed = box.value;
  try {
    const response = await fetch(box.dataset.complete + "?q=" + encodeURIComponent(typed));
    if (!response.ok || typed !== box.value) {
      return;
    }
    const [, completions] = await response.json();
    list.replaceChildren(...completions.map(option));
  } catch {
    // No network: nothing is offered.
  }
}

function option(value) {
  const element = document.createElement("option");
  element.value = value;
  return element;
}
