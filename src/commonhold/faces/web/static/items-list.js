// @ts-check
// A list to choose from: one box for all, and buttons that wait until something is chosen.

for (const form of document.querySelectorAll("form.chosen")) {
  const boxes = /** @type {HTMLInputElement[]} */ ([...form.querySelectorAll("input[name=item]")]);
  const buttons = /** @type {HTMLButtonElement[]} */ ([...form.querySelectorAll(".withthem button")]);
  const words = /** @type {HTMLElement} */ (form.querySelector("template.words")).dataset;
  const place = form.querySelector("thead .pick") ?? form.querySelector(".sorts");
  const all = document.createElement("input");
  all.type = "checkbox";
  all.setAttribute("aria-label", words.all ?? "");
  all.title = words.all ?? "";
  place?.prepend(all);

  const look = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    for (const button of buttons) button.disabled = chosen === 0;
    all.checked = chosen === boxes.length;
    all.indeterminate = chosen > 0 && chosen < boxes.length;
  };
  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
    look();
  });
  form.addEventListener("change", look);
  addEventListener("pageshow", look); // boxes are kept by the browser when one goes back
  look();
}
