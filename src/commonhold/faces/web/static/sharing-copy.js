// @ts-check
// Buttons that copy a field.

/** @param {Document | Element} root */
export function copying(root) {
  for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (root.querySelectorAll("button[data-copy]"))) {
    const field = button.parentElement?.querySelector("input");
    if (!field) continue;
    button.hidden = false;
    button.setAttribute("aria-live", "polite");
    button.addEventListener("click", async () => {
      field.select();
      try {
        await navigator.clipboard.writeText(field.value);
      } catch {
        document.execCommand("copy"); // a plain network has no clipboard
      }
      button.textContent = button.dataset.copied ?? "";
    });
  }
}
