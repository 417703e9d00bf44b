// The formats of this browser's language.

import { locale } from "./choice.js";
import { formatsOf } from "./formats.js";

export { length } from "./formats.js";
export const {
  bytes,
  count,
  date,
  decimal,
  fromNow,
  hourOfDay,
  hours,
  moment,
  percent,
  rate,
  seconds,
  shortDay,
  shortMoment,
  span,
  timeOfDay,
} = formatsOf(locale);
