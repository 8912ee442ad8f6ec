/** Time as the bank's people read it: Oslo's wall clock, its holidays and the deployment windows. */

const ZONE = "Europe/Oslo";
const DAY = 86_400_000;
const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];
const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const CLOCK = new Intl.DateTimeFormat("en-GB", {
  timeZone: ZONE,
  hourCycle: "h23",
  year: "numeric",
  month: "numeric",
  day: "numeric",
  hour: "numeric",
  minute: "numeric",
  second: "numeric",
});

/** {year, month, day, hour, minute, second, weekday} of an instant on Oslo's clock; Sunday is 0. */
export function onClock(instant) {
  const parts = Object.fromEntries(CLOCK.formatToParts(instant).map((part) => [part.type, Number(part.value)]));
  const { year, month, day, hour, minute, second } = parts;
  return { year, month, day, hour, minute, second, weekday: new Date(Date.UTC(year, month - 1, day)).getUTCDay() };
}

export function time(instant, { seconds = false } = {}) {
  const { hour, minute, second } = onClock(instant);
  return [hour, minute, ...(seconds ? [second] : [])].map(two).join(":");
}

export function day(instant) {
  const at = onClock(instant);
  return `${DAYS[at.weekday]} ${at.day} ${MONTHS[at.month - 1]}`;
}

/** "Tue 24 Nov". */
export function shortDay(instant) {
  const at = onClock(instant);
  return `${DAYS[at.weekday].slice(0, 3)} ${at.day} ${MONTHS[at.month - 1].slice(0, 3)}`;
}

/** Slack's date tokens, as in `{date_short} {time}` (Slack: formatting text for app surfaces). */
export function filledIn(format, seconds) {
  const instant = new Date(seconds * 1000);
  const { year, month, day: number, weekday } = onClock(instant);
  const long = `${MONTHS[month - 1]} ${ordinal(number)}, ${year}`;
  const words = {
    date: long,
    date_pretty: long,
    date_num: `${year}-${two(month)}-${two(number)}`,
    date_short: `${MONTHS[month - 1].slice(0, 3)} ${number}, ${year}`,
    date_short_pretty: `${MONTHS[month - 1].slice(0, 3)} ${number}, ${year}`,
    date_long: `${DAYS[weekday]}, ${long}`,
    date_long_pretty: `${DAYS[weekday]}, ${long}`,
    time: time(instant),
    time_secs: time(instant, { seconds: true }),
  };
  return format.replace(/\{(\w+)\}/g, (token, name) => words[name] ?? token);
}

/** The instant at which Oslo's clock next shows hour:minute. */
export function nextTime(now, hour, minute) {
  const { year, month, day: number } = onClock(now);
  const today = instantOf(year, month, number, hour, minute);
  return today > now ? today : instantOf(year, month, number + 1, hour, minute);
}

/** When the next window opens: 02:00 Oslo, Tuesday to Thursday, on no Norwegian holiday. */
export function nextWindow(now) {
  return [...windows(now)].find((window) => window.opens > now).opens;
}

/** The window that is open now, or null. */
export function openWindow(now) {
  return [...windows(now)].find((window) => window.opens <= now && now < window.closes) ?? null;
}

/** A length of time in two units: "3 h 50 min". */
export function span(milliseconds) {
  const minutes = Math.max(0, Math.round(milliseconds / 60_000));
  const [days, hours, rest] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24, minutes % 60];
  if (days) return hours ? `${days} d ${hours} h` : `${days} d`;
  if (hours) return rest ? `${hours} h ${rest} min` : `${hours} h`;
  return `${rest} min`;
}

function* windows(now) {
  const today = onClock(now);
  for (let ahead = 0; ahead < 30; ahead += 1) {
    const date = new Date(Date.UTC(today.year, today.month - 1, today.day + ahead));
    if (date.getUTCDay() < 2 || date.getUTCDay() > 4 || isHoliday(date)) continue;
    const [year, month, number] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()];
    yield { opens: instantOf(year, month, number, 2, 0), closes: instantOf(year, month, number, 6, 0) };
  }
}

/** `date` is midnight UTC of the day. Norges Bank is closed on 24 December too. */
function isHoliday(date) {
  const fixed = ["1-1", "5-1", "5-17", "12-24", "12-25", "12-26"];
  const fromEaster = (date - easter(date.getUTCFullYear())) / DAY;
  return (
    fixed.includes(`${date.getUTCMonth() + 1}-${date.getUTCDate()}`) || [-3, -2, 0, 1, 39, 49, 50].includes(fromEaster)
  );
}

/** Easter Sunday by the Gregorian computus. */
function easter(year) {
  const [golden, century] = [year % 19, Math.floor(year / 100)];
  const correction = century - Math.floor(century / 4) - Math.floor((8 * century + 13) / 25);
  const epact = (correction + 19 * golden + 15) % 30;
  const moon =
    epact -
    Math.floor(epact / 28) *
      (1 - Math.floor(epact / 28) * Math.floor(29 / (epact + 1)) * Math.floor((21 - golden) / 11));
  const sunday = (year + Math.floor(year / 4) + moon + 2 - century + Math.floor(century / 4)) % 7;
  const offset = moon - sunday;
  const month = 3 + Math.floor((offset + 40) / 44);
  return Date.UTC(year, month - 1, offset + 28 - 31 * Math.floor(month / 4));
}

function instantOf(year, month, number, hour, minute) {
  const wall = Date.UTC(year, month - 1, number, hour, minute);
  const summer = wall - 2 * 3_600_000;
  return new Date(offsetHours(summer) === 2 ? summer : wall - 3_600_000);
}

function offsetHours(instant) {
  const at = onClock(instant);
  return Math.round((Date.UTC(at.year, at.month - 1, at.day, at.hour, at.minute) - instant) / 3_600_000);
}

function ordinal(number) {
  const tail = number % 100 > 10 && number % 100 < 14 ? "th" : (["th", "st", "nd", "rd"][number % 10] ?? "th");
  return `${number}${tail}`;
}

function two(number) {
  return String(number).padStart(2, "0");
}
