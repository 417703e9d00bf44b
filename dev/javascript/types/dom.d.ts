// What an element may contain. Here and not beside `h`, since a JSDoc type cannot name itself.

/** Text, elements, and lists of them; null, undefined and false leave nothing. */
export type Child = Node | string | number | null | undefined | false | Child[];
