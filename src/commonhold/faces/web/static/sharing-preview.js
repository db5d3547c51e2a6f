// @ts-check
// What will happen is told in place; as soon as anything is changed it does not hold any more, and goes.

/** @param {HTMLFormElement} form @param {HTMLElement | null} button @returns {RequestInit} the form as it is sent */
export function posted(form, button) {
  const data = new FormData(form);
  const pressed = /** @type {HTMLButtonElement | null} */ (button);
  if (pressed?.name) data.set(pressed.name, pressed.value);
  const body = new URLSearchParams();
  for (const [name, value] of data) body.append(name, String(value));
  return { method: "POST", body, headers: { accept: "text/html" } };
}

/** @param {Response} reply @returns {Promise<Document>} */
export async function parsed(reply) {
  return new DOMParser().parseFromString(await reply.text(), "text/html");
}

/** @param {HTMLFormElement} form @param {HTMLElement | null} button */
async function look(form, button) {
  const place = form.ownerDocument.getElementById(`${form.id}-foresight`);
  const page = await parsed(await fetch(form.action, posted(form, button)));
  const told = page.getElementById(`${form.id}-foresight`);
  const problem = page.getElementById(`${form.id}-problem`);
  document.getElementById(`${form.id}-problem`)?.remove();
  if (problem) form.before(document.adoptNode(problem));
  if (!told) return form.submit();
  place?.replaceChildren(...told.children);
}

/** @param {Document | Element} root */
export function previews(root) {
  for (const form of /** @type {NodeListOf<HTMLFormElement>} */ (root.querySelectorAll("form.share[id]"))) {
    const place = document.getElementById(`${form.id}-foresight`);
    if (!place) continue;
    form.addEventListener("input", () => place.replaceChildren());
    form.addEventListener("submit", (event) => {
      const button = /** @type {HTMLButtonElement | null} */ (event.submitter);
      if (button?.value === "send") return;
      event.preventDefault();
      event.stopPropagation();
      void look(form, button);
    });
  }
}
