/** Chooses a plural form; English has two. */
export const count = (n: number, one: string, many: string): string => `${n} ${n === 1 ? one : many}`

/** A person as the object of a sentence. */
export const object = (name: string): string => (name === 'You' ? 'you' : name)

/** Joins names as a sentence does: "Ann, Ben and Cleo". */
export const list = (names: readonly string[]): string =>
  new Intl.ListFormat('en', { style: 'long', type: 'conjunction' }).format(names.map(object))
