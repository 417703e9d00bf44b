// Types of the dashboard's texts, derived from the English ones: a key or a parameter that is missing fails the check.

import type { texts } from "../../../services/api/web/texts/en.js";

type English = typeof texts;
type FormsOf<T> = T extends string ? T : T[keyof T];
type Names<T> = T extends `${string}{${infer Name}}${infer Rest}` ? Name | Names<Rest> : never;
/** A text with forms needs its count, even where a form does not show it. */
type Needed<T> = Names<FormsOf<T>> | (T extends string ? never : "count");

export type TextKey = keyof English;
/** The parameters of a text, as the rest of a call. */
export type TextParameters<K extends TextKey, V> = [Needed<English[K]>] extends [never]
  ? []
  : [parameters: { [N in Needed<English[K]>]: N extends "count" ? number : V }];

/** Another language: the same keys, each with one text or with forms. */
export type Translation = { readonly [K in TextKey]: string | { readonly other: string; readonly one?: string } };
