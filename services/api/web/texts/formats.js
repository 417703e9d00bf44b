// Numbers, times and sizes as a language writes them.

/** Between a number and its unit no line ends. */
const GAP = "\u00a0";
/** Symbols of the SI and not Intl's own abbreviations, which are words in English: sec, hr, hrs. */
const [HOURS, MINUTES, SECONDS] = ["h", "min", "s"];
const SIZES = /** @type {const} */ (["byte", "kilobyte", "megabyte", "gigabyte", "terabyte", "petabyte"]);
const RATES = /** @type {const} */ (["bit/s", "kbit/s", "Mbit/s", "Gbit/s"]);
const DAY_SECONDS = 86_400;
/**
 * Seconds from which on a unit is used.
 * @type {[Intl.RelativeTimeFormatUnit, number][]}
 */
const SPANS = [
  ["year", 31_557_600],
  ["month", 2_629_800],
  ["day", DAY_SECONDS],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
];
/** Clocks differ by as many seconds, so what is nearer is now. */
const NOW_SECONDS = 5;

/**
 * All formats of a locale.
 * @param {string} locale a BCP 47 tag
 */
export function formatsOf(locale) {
  return { ...numbersOf(locale), ...momentsOf(locale) };
}

/** @param {string} locale */
function numbersOf(locale) {
  const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
  const tenths = new Intl.NumberFormat(locale, { maximumFractionDigits: 1, minimumFractionDigits: 1 });
  const share = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 0 });
  const days = new Intl.NumberFormat(locale, {
    style: "unit",
    unit: "day",
    unitDisplay: "long",
    maximumFractionDigits: 0,
  });

  /**
   * How long something took or will take, roughly.
   * @param {number} seconds
   */
  const span = (seconds) => {
    if (seconds > 0 && seconds < 0.05) return `<${GAP}${tenths.format(0.1)}${GAP}${SECONDS}`;
    if (seconds > 0 && seconds < 10) return `${tenths.format(seconds)}${GAP}${SECONDS}`;
    if (seconds < 60) return `${whole.format(seconds)}${GAP}${SECONDS}`;
    if (seconds < 600) return `${tenths.format(seconds / 60)}${GAP}${MINUTES}`;
    if (seconds < 3600) return `${whole.format(seconds / 60)}${GAP}${MINUTES}`;
    if (seconds < DAY_SECONDS * 2) return `${tenths.format(seconds / 3600)}${GAP}${HOURS}`;
    return days.format(seconds / DAY_SECONDS).replaceAll(" ", GAP);
  };

  return {
    span,
    count: whole.format.bind(whole),
    /**
     * A number that need not be whole.
     * @param {number} number
     */
    decimal: (number) => (Number.isInteger(number) ? whole : tenths).format(number),
    /**
     * How long something took, exactly: 3 ms, 1.2 s, 95 s.
     * @param {number} number
     */
    seconds: (number) => {
      if (number !== 0 && Math.abs(number) < 1) {
        const milliseconds = number * 1000;
        return `${(Math.abs(milliseconds) < 10 ? tenths : whole).format(milliseconds)}${GAP}ms`;
      }
      return `${(Math.abs(number) < 10 && number !== 0 ? tenths : whole).format(number)}${GAP}${SECONDS}`;
    },
    /**
     * Bits per second, powers of 1,000.
     * @param {number} number bytes per second
     */
    rate: (number) => {
      const bits = number * 8;
      const step = bits > 0 ? Math.min(RATES.length - 1, Math.max(0, Math.floor(Math.log10(bits) / 3))) : 0;
      const value = bits / 1000 ** step;
      return `${(value < 10 && step > 0 ? tenths : whole).format(value)}${GAP}${RATES[step]}`;
    },
    /**
     * @param {number} part
     * @param {number} all
     */
    percent: (part, all) => share.format(all > 0 ? Math.min(1, part / all) : 0),
    /**
     * Hours of sound: less than one in minutes or seconds, so that a new archive does not read as empty.
     * @param {number} number
     */
    hours: (number) =>
      number > 0 && number < 1
        ? span(number * 3600)
        : `${(number > 0 && number < 100 ? tenths : whole).format(number)}${GAP}${HOURS}`,
    /**
     * Powers of 1,000.
     * @param {number} number
     */
    bytes: (number) => {
      const step = number > 0 ? Math.min(SIZES.length - 1, Math.floor(Math.log10(number) / 3)) : 0;
      return new Intl.NumberFormat(locale, {
        style: "unit",
        unit: SIZES[step] ?? "byte",
        unitDisplay: step > 0 ? "short" : "long",
        maximumFractionDigits: step > 0 ? 1 : 0,
      }).format(number / 1000 ** step);
    },
  };
}

/** @param {string} locale */
function momentsOf(locale) {
  const exact = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "medium" });
  const short = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
  const clock = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" });
  const hourOnly = new Intl.DateTimeFormat(locale, { hour: "numeric" });
  const day = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone: "UTC" });
  const dayOnly = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short" });
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  return {
    /** @param {string} iso */
    moment: (iso) => exact.format(new Date(iso)),
    /** @param {string} iso */
    shortMoment: (iso) => short.format(new Date(iso)),
    /**
     * A day of this year, more or less: "23 Nov".
     * @param {Date} date
     */
    shortDay: (date) => dayOnly.format(date),
    /** @param {string} iso */
    timeOfDay: (iso) => clock.format(new Date(iso)),
    /** @param {string} iso */
    hourOfDay: (iso) => hourOnly.format(new Date(iso)),
    /**
     * "3 minutes ago", "in 2 hours".
     * @param {string} iso
     * @param {number} [now] milliseconds since 1970
     */
    fromNow: (iso, now = Date.now()) => {
      const seconds = (new Date(iso).getTime() - now) / 1000;
      if (Math.abs(seconds) < NOW_SECONDS) return relative.format(0, "second");
      const [unit, size] = SPANS.find(([, least]) => Math.abs(seconds) >= least) ?? ["second", 1];
      return relative.format(Math.trunc(seconds / size), unit);
    },
    /**
     * A date as sources write it, 2026-03-14 or 20260314; anything else stays as it is.
     * @param {string} text
     */
    date: (text) => {
      const [, year, month, days] = /^(\d{4})-?(\d{2})-?(\d{2})$/.exec(text) ?? [];
      return year === undefined ? text : day.format(Date.UTC(Number(year), Number(month) - 1, Number(days)));
    },
  };
}

/**
 * Length of a recording: 4:07, 1:02:33.
 * @param {number} seconds
 */
export function length(seconds) {
  const all = Math.round(seconds);
  const [h, m, s] = [Math.floor(all / 3600), Math.floor(all / 60) % 60, all % 60];
  /** @param {number} number */
  const two = (number) => String(number).padStart(2, "0");
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}
