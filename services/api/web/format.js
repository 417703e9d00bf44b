// Numbers, times and sizes as the browser's language writes them.

const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1, minimumFractionDigits: 1 });
const share = new Intl.NumberFormat(undefined, { style: "percent", maximumFractionDigits: 0 });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const short = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const hourOnly = new Intl.DateTimeFormat(undefined, { hour: "numeric" });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeZone: "UTC" });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });

/** Between a number and its unit no line ends. */
const GAP = "\u00a0";
const SIZES = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte", "petabyte"];
/** Seconds from which on a unit is used. */
const SPANS = [
  ["year", 31_557_600],
  ["month", 2_629_800],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
];

export const count = (number) => whole.format(number);
export const percent = (part, all) => share.format(all > 0 ? Math.min(1, part / all) : 0);
export const moment = (iso) => exact.format(new Date(iso));
export const shortMoment = (iso) => short.format(new Date(iso));
export const timeOfDay = (iso) => clock.format(new Date(iso));
export const hourOfDay = (iso) => hourOnly.format(new Date(iso));

/** Hours of sound: less than one in minutes or seconds, so that a new archive does not read as empty. */
export function hours(number) {
  if (number > 0 && number < 1) return span(number * 3600);
  return `${number > 0 && number < 100 ? tenths.format(number) : whole.format(number)}${GAP}h`;
}

/** Length of a recording: 4:07, 1:02:33. */
export function length(seconds) {
  const all = Math.round(seconds);
  const [h, m, s] = [Math.floor(all / 3600), Math.floor(all / 60) % 60, all % 60];
  const two = (number) => String(number).padStart(2, "0");
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** How long something took or will take, roughly. */
export function span(seconds) {
  if (seconds > 0 && seconds < 0.05) return `<${GAP}${tenths.format(0.1)}${GAP}s`;
  if (seconds > 0 && seconds < 10) return `${tenths.format(seconds)}${GAP}s`;
  if (seconds < 60) return `${whole.format(seconds)}${GAP}s`;
  if (seconds < 600) return `${tenths.format(seconds / 60)}${GAP}min`;
  if (seconds < 3600) return `${whole.format(seconds / 60)}${GAP}min`;
  if (seconds < 86_400 * 2) return `${tenths.format(seconds / 3600)}${GAP}h`;
  return `${whole.format(seconds / 86_400)}${GAP}days`;
}

export function bytes(number) {
  const step = number > 0 ? Math.min(SIZES.length - 1, Math.floor(Math.log10(number) / 3)) : 0;
  const form = {
    style: "unit",
    unit: SIZES[step],
    unitDisplay: step ? "short" : "long",
    maximumFractionDigits: step ? 1 : 0,
  };
  return new Intl.NumberFormat(undefined, form).format(number / 1000 ** step);
}

/** "3 minutes ago", "in 2 hours". */
export function fromNow(iso) {
  const seconds = (new Date(iso) - Date.now()) / 1000;
  const [unit, size] = SPANS.find(([, least]) => Math.abs(seconds) >= least) ?? ["second", 1];
  // A moment that is just over is now, not "1 second ago": clocks differ by as much.
  if (Math.abs(seconds) < 5) return relative.format(0, "second");
  return relative.format(Math.trunc(seconds / size), unit);
}

/** A date as sources write it, 2026-03-14 or 20260314, in the reader's way; what is no date stays as it is. */
export function date(text) {
  const [, year, month, days] = /^(\d{4})-?(\d{2})-?(\d{2})$/.exec(text) ?? [];
  return year === undefined ? text : day.format(Date.UTC(Number(year), Number(month) - 1, Number(days)));
}
