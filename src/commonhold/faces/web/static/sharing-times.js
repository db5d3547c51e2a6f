// @ts-check
// Moments are typed in the time of whoever types; the server, which does not know it, is sent UTC.

/** @param {Date} moment @returns {string} it as fields have it, in the time of the reader */
function local(moment) {
  return new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** @param {Document | Element} root */
export function times(root) {
  const zone = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  for (const form of root.querySelectorAll("form")) {
    const fields = /** @type {NodeListOf<HTMLInputElement>} */ (form.querySelectorAll("input[data-utc]"));
    if (!fields.length) continue;
    for (const field of fields) if (field.value) field.value = local(new Date(`${field.value}Z`));
    for (const told of form.querySelectorAll(".zone")) told.textContent = `(${zone})`;
    form.addEventListener("formdata", (event) => {
      for (const field of fields) {
        const moment = new Date(field.value);
        if (field.value && !Number.isNaN(moment.getTime())) event.formData.set(field.name, moment.toISOString());
      }
    });
  }
}
