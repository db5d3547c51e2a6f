// @ts-check
// A combobox for people, groups and addresses: what is chosen stands above it and can be taken away again.

/** @typedef {{value: string, name: string, about: string}} Suggestion */

let count = 0;

/** @param {Document | Element} root */
export function people(root) {
  for (const area of /** @type {NodeListOf<HTMLTextAreaElement>} */ (root.querySelectorAll("textarea[data-people]"))) {
    combobox(area);
  }
}

/** @param {string} tag @param {Record<string, string>} attributes @param {...(Node | string)} inside */
function make(tag, attributes, ...inside) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...inside);
  return made;
}

/** @param {HTMLTextAreaElement} area */
function combobox(area) {
  const list = make("ul", { role: "listbox", id: `people-list-${++count}`, "aria-label": area.dataset.hint ?? "" });
  const chosen = make("ul", { class: "picked" });
  const input = /** @type {HTMLInputElement} */ (
    make("input", {
      id: area.id, name: area.name, type: "text", role: "combobox", autocomplete: "off", spellcheck: "false",
      "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id,
      placeholder: area.dataset.hint ?? "",
    })
  );
  for (const name of ["aria-invalid", "aria-describedby"]) {
    const value = area.getAttribute(name);
    if (value) input.setAttribute(name, value);
  }
  list.hidden = true;
  const before = area.value;
  area.parentElement?.querySelector(".hint")?.remove();
  area.replaceWith(chosen, make("div", { class: "combo" }, input, list));
  /** @type {Suggestion[]} */
  let found = [];
  let at = -1;
  let waiting = 0;
  let asking = new AbortController();

  /** @param {Suggestion} one */
  function choose(one) {
    const button = make("button", { type: "button", "aria-label": `${area.dataset.remove} ${one.name}` }, "×");
    const hidden = make("input", { type: "hidden", name: area.name, value: one.value });
    const line = make("li", {}, make("bdi", {}, one.name), button, hidden);
    button.addEventListener("click", () => {
      line.remove();
      changed();
      input.focus();
    });
    chosen.append(line);
    input.value = "";
    close();
    changed();
  }

  function changed() {
    chosen.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function close() {
    found = [];
    at = -1;
    list.hidden = true;
    list.replaceChildren();
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  /** @param {number} to */
  function move(to) {
    at = (to + found.length) % found.length;
    [...list.children].forEach((option, place) => option.setAttribute("aria-selected", String(place === at)));
    const active = list.children[at];
    input.setAttribute("aria-activedescendant", active.id);
    active.scrollIntoView({ block: "nearest" });
  }

  async function ask() {
    asking.abort();
    asking = new AbortController();
    const text = input.value.trim();
    if (!text) return close();
    try {
      const address = `${area.dataset.people}?${new URLSearchParams({ q: text })}`;
      const reply = await fetch(address, { headers: { accept: "application/json" }, signal: asking.signal });
      const told = reply.ok ? await reply.json() : [];
      close();
      found = told;
    } catch {
      return; // another letter was typed, or there is no network: what is typed counts as it is
    }
    if (!found.length) return;
    list.replaceChildren(
      ...found.map((one, place) => {
        const about = make("span", { class: "quiet" }, one.about);
        const option = make("li", { role: "option", id: `${list.id}-${place}`, "aria-selected": "false" });
        option.append(make("bdi", {}, one.name), " ", about);
        option.addEventListener("mousedown", (event) => {
          event.preventDefault(); // the field keeps the focus
          choose(one);
        });
        return option;
      }),
    );
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
  }

  input.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = window.setTimeout(ask, 150);
  });
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    const text = input.value.trim();
    if (event.key === "ArrowDown" && found.length) move(at + 1);
    else if (event.key === "ArrowUp" && found.length) move(at < 0 ? found.length - 1 : at - 1);
    else if (event.key === "Escape" && found.length) close();
    else if (event.key === "Enter" && at >= 0) choose(found[at]);
    else if (event.key === "Enter" && text) choose({ value: text, name: text, about: "" });
    else if (event.key === "Backspace" && !input.value) {
      chosen.lastElementChild?.remove();
      changed();
      return;
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });
  for (const line of before.split("\n").map((one) => one.trim())) {
    if (line) choose({ value: line, name: line, about: "" });
  }
}
