// Says moments in the time of whoever reads; the server, which does not know it, says them in UTC.
const language = document.documentElement.lang;
const whole = new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, {
  day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit", timeZoneName: "short",
});

for (const told of document.querySelectorAll("time[datetime]")) {
  const moment = new Date(told.dateTime);
  if (!Number.isNaN(moment.getTime()) && told.textContent.includes("UTC")) {
    told.title = told.textContent;
    told.textContent = whole.format(moment);
  }
}
